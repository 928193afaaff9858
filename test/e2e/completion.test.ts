import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { machineProgram, runProgramFile } from "../support/program.ts";
import { tempDir } from "../support/temp-dir.ts";

const names = ["alpha", "box-1", "box-2"];

let home: Awaited<ReturnType<typeof tempDir>>;
let env: NodeJS.ProcessEnv = {};

beforeAll(async () => {
  home = await tempDir();
  const bin = join(home.path, "bin");
  await mkdir(bin);
  const launcher = `#!/bin/sh\nexec "${process.execPath}" "${machineProgram}" "$@"\n`;
  await writeFile(join(bin, "machine"), launcher, { mode: 0o755 });
  env = {
    PATH: `${bin}:/usr/local/bin:/usr/bin:/bin`,
    HOME: home.path,
    TERM: "dumb",
    LANG: "C.UTF-8",
    MACHINE_STORAGE_PATH: join(home.path, "a store"),
  };
  for (const [index, name] of names.entries()) {
    const words = ["create", "-d", "none", "--url", `tcp://127.0.0.1:${index + 1}`, name];
    expect(await runProgramFile("machine", words, { env })).toMatchObject({ exitCode: 0 });
  }
  await writeFile(join(home.path, "some file"), "");
});

afterAll(async () => {
  await home?.[Symbol.asyncDispose]();
});

async function lines(file: string, args: readonly string[]): Promise<string[]> {
  const { stdout, stderr } = await runProgramFile(file, args, { env, cwd: home.path });
  expect(stderr).toBe("");
  return stdout.split("\n").filter((line) => line !== "");
}

describe("completion in bash", () => {
  const complete = (...words: string[]) =>
    lines("bash", [
      "--norc",
      "--noprofile",
      "-c",
      `eval "$(machine completion bash)" && complete -p machine >/dev/null || exit
       COMP_WORDS=(machine "$@"); COMP_CWORD=$#
       _machine machine; printf '%s\\n' "\${COMPREPLY[@]}"`,
      "bash",
      ...words,
    ]);

  test("bash offers commands, machines that are not named yet, and flags", async () => {
    expect(await complete("st")).toEqual(["start", "status", "stop"]);
    expect(await complete("start", "")).toEqual(names);
    expect(await complete("start", "box-1", "b")).toEqual(["box-2"]);
    expect(await complete("ls", "--q")).toEqual(["--quiet"]);
  });

  test("bash offers files where a command takes them", async () => {
    expect(await complete("ssh", "alpha", "some")).toEqual(["some file"]);
  });
});

describe("completion in fish", () => {
  const complete = (line: string) =>
    lines("fish", ["--no-config", "-c", `machine completion fish | source; complete -C '${line}'`]);

  test("fish offers commands, machines that are not named yet, and flags", async () => {
    expect(await complete("machine st")).toEqual(["start", "status", "stop"]);
    expect(await complete("machine start ")).toEqual(names);
    expect(await complete("machine start box-1 b")).toEqual(["box-2"]);
    expect(await complete("machine ls --q")).toEqual(["--quiet"]);
  });
});

describe("completion in zsh", () => {
  /** Types a line into an interactive zsh, with the tabulator, and gives what the completed command prints. */
  async function typed(line: string, pattern: string): Promise<string> {
    const script = `
      zmodload zsh/zpty || exit 3
      zpty inner zsh -f -i
      zpty -w inner 'PS1= PS2= RPS1=; unsetopt zle_bracketed_paste 2>/dev/null; autoload -Uz compinit; compinit -u -D'
      zpty -w inner 'eval "$(machine completion zsh)"; print -r -- rea""dy'
      zpty -r inner text '*ready*' || exit 4
      zpty -w -n inner "$1"
      zpty -w -n inner $'\\r'
      zpty -r inner text "$2" || exit 5
      print -r -- "$text"
      zpty -d inner`;
    const words = ["-f", "-c", script, "zsh", line, pattern];
    const { stdout, stderr, exitCode } = await runProgramFile("zsh", words, { env, cwd: home.path });
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
    return stdout;
  }

  test("zsh completes commands and machines as they are typed", async () => {
    // "insp" and "al" each have one completion; the command that comes out is run
    const text = await typed("machine insp\tal\t -f '<{{.Name}}>'", "*<alpha>*");
    expect(text).toContain("<alpha>");
  });
});
