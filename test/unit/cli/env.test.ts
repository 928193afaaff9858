import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type MachineWorld, machineWorld } from "../../support/machine-world.ts";
import { runMachine } from "../../support/run-machine.ts";
import { tempDir } from "../../support/temp-dir.ts";

let world: MachineWorld;
let url = "";
let certPath = "";

beforeAll(async () => {
  world = await machineWorld();
  await runMachine("create -d fake dev", { world });
  url = (await runMachine("url dev", { world })).stdout.trim();
  certPath = world.ctx.store.machineDir("dev");
});

afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

/** Lines for a shell: how it sets, and the two comments at the end. */
const shells: ReadonlyArray<
  readonly [shell: string, set: (k: string, v: string) => string, comments: readonly string[]]
> = [
  [
    "bash",
    (k, v) => `export ${k}="${v}"`,
    ["# Run this command to configure your shell: ", '# eval "$(machine env --shell bash dev)"'],
  ],
  [
    "zsh",
    (k, v) => `export ${k}="${v}"`,
    ["# Run this command to configure your shell: ", '# eval "$(machine env --shell zsh dev)"'],
  ],
  [
    "fish",
    (k, v) => `set -gx ${k} "${v}";`,
    ["# Run this command to configure your shell: ", "# eval (machine env --shell fish dev)"],
  ],
  [
    "powershell",
    (k, v) => `$Env:${k} = "${v}"`,
    [
      "# Run this command to configure your shell: ",
      "# & machine env --shell powershell dev | Invoke-Expression",
    ],
  ],
  [
    "cmd",
    (k, v) => `SET ${k}=${v}`,
    [
      "REM Run this command to configure your shell: ",
      `REM \t@FOR /f "tokens=*" %i IN ('machine env --shell cmd dev') DO @%i`,
    ],
  ],
  [
    "tcsh",
    (k, v) => `setenv ${k} "${v}";`,
    [": Run this command to configure your shell: ", ": eval `machine env --shell tcsh dev`"],
  ],
  [
    "emacs",
    (k, v) => `(setenv "${k}" "${v}")`,
    [
      ";; Run this command to configure your shell: ",
      ';; (with-temp-buffer (shell-command "machine env --shell emacs dev" (current-buffer)) (eval-buffer))',
    ],
  ],
];

describe("env", () => {
  test.each(shells)("sets the four variables for %s, comments last", async (shell, set, comments) => {
    const { stdout, stderr, exitCode } = await runMachine(`env --shell ${shell} dev`, { world });
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
    expect(stdout.split("\n")).toEqual([
      set("DOCKER_TLS_VERIFY", "1"),
      set("DOCKER_HOST", url),
      set("DOCKER_CERT_PATH", certPath),
      set("DOCKER_MACHINE_NAME", "dev"),
      ...comments,
      "",
    ]);
  });

  test.each([
    ["bash", "unset DOCKER_HOST"],
    ["fish", "set -e DOCKER_HOST;"],
    ["powershell", "Remove-Item Env:\\\\DOCKER_HOST"],
    ["cmd", "SET DOCKER_HOST="],
    ["tcsh", "unsetenv DOCKER_HOST;"],
    ["emacs", '(setenv "DOCKER_HOST" nil)'],
  ])("--unset for %s", async (shell, line) => {
    for (const flag of ["-u", "--unset"]) {
      const { stdout, exitCode } = await runMachine(`env ${flag} --shell ${shell}`, { world });
      expect(exitCode).toBe(0);
      expect(stdout.split("\n")[1]).toBe(line);
      expect(stdout.split("\n")).toHaveLength(7);
    }
  });

  test("--unset takes no machine", async () => {
    expect(await runMachine("env -u dev", { world })).toMatchObject({ exitCode: 2 });
  });

  test("more than one machine: exit 1", async () => {
    expect(await runMachine("env dev dev2", { world })).toMatchObject({ exitCode: 1, stdout: "false\n" });
  });

  test("COMPOSE_CONVERT_WINDOWS_PATHS is set on Windows alone", async () => {
    const { stdout } = await runMachine("env --shell powershell dev", { world, platform: "win32" });
    expect(stdout.split("\n")[4]).toBe('$Env:COMPOSE_CONVERT_WINDOWS_PATHS = "true"');
  });

  test("--no-proxy adds the address; --no-proxy --unset takes it out again", async () => {
    const host = new URL(url).hostname;
    const set = await runMachine("env --no-proxy dev", { world, env: { no_proxy: "a,b" } });
    expect(set.stdout.split("\n")[4]).toBe(`export no_proxy="a,b,${host}"`);
    const upper = await runMachine("env --no-proxy dev", { world });
    expect(upper.stdout.split("\n")[4]).toBe(`export NO_PROXY="${host}"`);
    const unset = await runMachine("env --no-proxy -u", {
      world,
      env: { no_proxy: `a,${host},b`, DOCKER_HOST: url },
    });
    expect(unset.stdout.split("\n")[4]).toBe('export no_proxy="a,b"');
    const last = await runMachine("env --no-proxy -u", { world, env: { NO_PROXY: host, DOCKER_HOST: url } });
    expect(last.stdout.split("\n")[4]).toBe("unset NO_PROXY");
  });

  test("the shell is that of SHELL; any unknown one is like bash", async () => {
    expect((await runMachine("env dev", { world, env: { SHELL: "/usr/bin/fish" } })).stdout).toMatch(
      /^set -gx /,
    );
    expect((await runMachine("env dev", { world, env: { SHELL: "/opt/xyz" } })).stdout).toMatch(/^export /);
  });

  test("without SHELL the program that called decides; when it is no shell the command fails", async () => {
    const outcome = await runMachine("env dev", { world, env: { SHELL: "" } });
    expect(outcome).toMatchObject({
      exitCode: 1,
      stdout: "false\n",
      stderr: expect.stringContaining("--shell"),
    });
  });

  test("on Windows PROMPT tells cmd from PowerShell", async () => {
    const run = (env: Record<string, string>) =>
      runMachine("env dev", { world, platform: "win32", env: { SHELL: "", USERPROFILE: "C:\\u", ...env } });
    expect((await run({ PROMPT: "$P$G" })).stdout).toMatch(/^SET /);
    expect((await run({})).stdout).toMatch(/^\$Env:/);
    expect((await run({ SHELL: "/usr/bin/bash.exe" })).stdout).toMatch(/^export /);
  });

  test.each([
    ["bash", "false"],
    ["fish", "false"],
    ["tcsh", "false"],
    ["powershell", 'throw "machine env failed"'],
    ["cmd", "cmd /c exit 1"],
    ["emacs", '(error "machine env failed")'],
  ])("a failure is a failing command for %s", async (shell, line) => {
    const { stdout, exitCode, stderr } = await runMachine(`env --shell=${shell} nope`, { world });
    expect({ stdout, exitCode }).toEqual({ stdout: `${line}\n`, exitCode: 1 });
    expect(stderr).toContain('no machine is named "nope"');
    expect((await runMachine(`env --shell ${shell} --nope`, { world })).stdout).toBe(`${line}\n`);
  });

  test("a person at a terminal sees the error alone", async () => {
    const { stdout } = await runMachine("env nope", { world, terminals: ["stdout"] });
    expect(stdout).toBe("");
  });

  test("values with quotes, dollars and blanks are escaped for each shell", async () => {
    const { shellOf } = await import("../../../src/cli/shells.ts");
    const value = 'a "b" $c `d` \\e';
    expect(shellOf("bash").set("K", value)).toBe('export K="a \\"b\\" \\$c \\`d\\` \\\\e"');
    expect(shellOf("fish").set("K", value)).toBe('set -gx K "a \\"b\\" \\$c `d` \\\\e";');
    expect(shellOf("powershell").set("K", value)).toBe('$Env:K = "a `"b`" `$c ``d`` \\e"');
    expect(shellOf("tcsh").set("K", "it's !")).toBe("setenv K 'it'\\''s \\!';");
    expect(shellOf("emacs").set("K", value)).toBe('(setenv "K" "a \\"b\\" $c `d` \\\\e")');
    expect(shellOf("cmd").set("K", "a & b")).toBe("SET K=a & b");
  });

  test("a machine that is off: exit 1", async () => {
    await runMachine("stop dev", { world });
    const { stdout, stderr, exitCode } = await runMachine("env dev", { world });
    expect({ stdout, exitCode }).toEqual({ stdout: "false\n", exitCode: 1 });
    expect(stderr).toContain('machine "dev" is not running');
    expect(await runMachine("start dev", { world })).toMatchObject({ exitCode: 0 });
  });

  test("--swarm asks for a master", async () => {
    const { exitCode, stderr } = await runMachine("env --swarm dev", { world });
    expect(exitCode).toBe(1);
    expect(stderr).toContain("no Swarm master");
  });
});

describe("config", () => {
  test("prints five options, with quoted paths", async () => {
    const { stdout, stderr, exitCode } = await runMachine("config dev", { world });
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
    expect(stdout).toBe(
      [
        "--tlsverify",
        `--tlscacert="${certPath}/ca.pem"`,
        `--tlscert="${certPath}/cert.pem"`,
        `--tlskey="${certPath}/key.pem"`,
        `-H=${url}`,
        "",
      ].join("\n"),
    );
  });

  test("further names are passed over, as ever", async () => {
    expect(await runMachine("config dev nope", { world })).toMatchObject({ exitCode: 0 });
  });
});

describe("Docker contexts", () => {
  test("env --context selects it and lets DOCKER_HOST go", async () => {
    await using home = await tempDir();
    const { stdout, exitCode } = await runMachine("env --context dev", {
      world,
      env: { DOCKER_CONFIG: home.path },
    });
    expect(exitCode).toBe(0);
    expect(stdout.split("\n").slice(0, 5)).toEqual([
      'export DOCKER_CONTEXT="dev"',
      "unset DOCKER_HOST",
      "unset DOCKER_TLS_VERIFY",
      "unset DOCKER_CERT_PATH",
      'export DOCKER_MACHINE_NAME="dev"',
    ]);
  });

  test("context NAME writes one, context --rm and rm remove it", async () => {
    await using home = await tempDir();
    const env = { DOCKER_CONFIG: home.path };
    const { stdout, exitCode } = await runMachine("context dev", { world, env });
    expect({ stdout, exitCode }).toEqual({ stdout: "dev\n", exitCode: 0 });
    // sha256 of "dev"
    const id = "ef260e9aa3c673af240d17a2660480361a8e081d1ffeca2a5ed0e3219fc18567";
    const meta: unknown = JSON.parse(
      await readFile(join(home.path, "contexts/meta", id, "meta.json"), "utf8"),
    );
    expect(meta).toMatchObject({ Name: "dev", Endpoints: { docker: { Host: url, SkipTLSVerify: false } } });
    for (const file of ["ca.pem", "cert.pem", "key.pem"]) {
      expect(await readFile(join(home.path, "contexts/tls", id, "docker", file), "utf8")).toBe(
        await readFile(join(certPath, file), "utf8"),
      );
    }
    expect((await stat(join(home.path, "contexts/tls", id, "docker"))).mode & 0o777).toBe(0o700);
    await runMachine("context --rm dev", { world, env });
    await expect(stat(join(home.path, "contexts/meta", id))).rejects.toThrow();
    await runMachine("context dev", { world, env });
    expect(await runMachine("rm -y dev", { world, env })).toMatchObject({ exitCode: 0 });
    await expect(stat(join(home.path, "contexts/tls", id))).rejects.toThrow();
  });
});
