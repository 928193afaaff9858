import { spawn, spawnSync } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:https";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { issueServerCertificate } from "../../src/certs/server.ts";
import { machineProgram, runProgramFile } from "../support/program.ts";
import { tempDir } from "../support/temp-dir.ts";

/** A name that no shell may touch: blanks, both quotes, a variable, a command, a backslash, history and comment signs. */
const folder = `it's a "store" $HOME \`id\` \\n !x #y & (z)`;

interface ShellCase {
  readonly name: string;
  /** Arguments that make the shell run a script without its start-up files. */
  readonly args: readonly string[];
  /** Evaluates the output of a command. */
  readonly evaluate: (command: string) => string;
  /** Then prints the status of that. */
  readonly status: string;
}

const posix = (name: string, args: readonly string[]): ShellCase => ({
  name,
  args,
  evaluate: (command) => `eval "$(${command})"`,
  status: 'echo "status=$?"',
});

const cases: readonly ShellCase[] = [
  posix("bash", ["--norc", "--noprofile", "-c"]),
  posix("zsh", ["-f", "-c"]),
  posix("dash", ["-c"]),
  { ...posix("sh", ["-c"]), evaluate: (command) => `eval $(${command})`, name: "sh" },
  {
    name: "fish",
    args: ["--no-config", "-c"],
    evaluate: (command) => `eval (${command})`,
    status: 'echo "status=$status"',
  },
  {
    name: "fish",
    args: ["--no-config", "-c"],
    evaluate: (command) => `${command} | source`,
    status: 'echo "status=$status"',
  },
  {
    name: "tcsh",
    args: ["-f", "-c"],
    evaluate: (command) => `eval \`${command}\``,
    status: 'echo "status=$status"',
  },
];

const label = ({ name, evaluate }: ShellCase) => `${name}: ${evaluate("machine env")}`;
const here = cases.filter(({ name }) => spawnSync(name, ["-c", "true"]).status === 0);
const missing = [...new Set(cases.filter((one) => !here.includes(one)).map(({ name }) => name))];

let home: Awaited<ReturnType<typeof tempDir>>;
let store = "";
let server: Server;
let env: NodeJS.ProcessEnv = {};
let url = "";

beforeAll(async () => {
  home = await tempDir();
  store = join(home.path, folder);
  const bin = join(home.path, "bin");
  await mkdir(bin);
  await writeFile(join(bin, "machine"), `#!/bin/sh\nexec "${process.execPath}" "${machineProgram}" "$@"\n`, {
    mode: 0o755,
  });
  env = {
    PATH: `${bin}:/usr/local/bin:/usr/bin:/bin`,
    HOME: home.path,
    MACHINE_STORAGE_PATH: store,
    LANG: "C.UTF-8",
    KEPT: "a 'b' \"c\"",
  };
  const created = await runProgramFile(
    "machine",
    ["create", "-d", "none", "--url", "tcp://127.0.0.1:1", "first"],
    {
      env,
    },
  );
  expect(created).toMatchObject({ exitCode: 0 });
  server = await engine(store);
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the engine has no port");
  url = `tcp://127.0.0.1:${address.port}`;
  const second = await runProgramFile("machine", ["create", "-d", "none", "--url", url, "box"], { env });
  expect(second).toMatchObject({ exitCode: 0 });
});

afterAll(async () => {
  server?.closeAllConnections();
  server?.close();
  await home?.[Symbol.asyncDispose]();
});

/** Stands for an engine: TLS with a certificate of the store's CA, for clients of that CA alone. */
async function engine(root: string): Promise<Server> {
  const file = (name: string) => join(root, "certs", name);
  const pair = await issueServerCertificate(
    {
      caCert: file("ca.pem"),
      caKey: file("ca-key.pem"),
      serverCert: join(root, "server.pem"),
      serverKey: join(root, "server-key.pem"),
    },
    {
      machine: "box",
      owner: "test",
      sans: [],
      addresses: ["127.0.0.1"],
      clientAuth: false,
      nowMs: Date.now(),
    },
  );
  const made = createServer(
    {
      ca: await readFile(file("ca.pem"), "utf8"),
      cert: pair.cert,
      key: pair.key,
      requestCert: true,
      rejectUnauthorized: true,
    },
    (_request, answer) => {
      answer.setHeader("Content-Type", "application/json");
      answer.end(JSON.stringify({ Version: "28.0.1", ApiVersion: "1.48" }));
    },
  );
  await new Promise<void>((resolve) => made.listen(0, "127.0.0.1", resolve));
  return made;
}

/** Runs a script and gives the environment that a child of the shell then has. */
async function environmentAfter(shell: ShellCase, script: string, more: NodeJS.ProcessEnv = {}) {
  const words = [...shell.args, `${script}\nenv -0`];
  const result = await runProgramFile(shell.name, words, { env: { ...env, SHELL: shell.name, ...more } });
  const variables = new Map<string, string>();
  for (const entry of result.stdout.split("\0")) {
    const at = entry.indexOf("=");
    if (at > 0) variables.set(entry.slice(0, at), entry.slice(at + 1));
  }
  // what shells count or note for themselves
  for (const own of ["_", "SHLVL", "PWD", "OLDPWD"]) variables.delete(own);
  return { variables, result };
}

const wanted = () => ({
  DOCKER_TLS_VERIFY: "1",
  DOCKER_HOST: url,
  DOCKER_CERT_PATH: join(store, "machines", "box"),
  DOCKER_MACHINE_NAME: "box",
});

describe("the output of env in the real shells", () => {
  test("the shells that are not here are told", () => {
    if (missing.length > 0)
      process.stderr.write(`shells that are not installed here: ${missing.join(", ")}\n`);
    expect(here.length).toBeGreaterThanOrEqual(2);
  });

  test.each(here.map((shell) => [label(shell), shell] as const))(
    "%s sets exactly the variables",
    async (_label, shell) => {
      const before = await environmentAfter(shell, "true");
      const after = await environmentAfter(shell, shell.evaluate("machine env box"));
      expect(after.result.stderr).toBe("");
      expect(Object.fromEntries(after.variables)).toEqual({
        ...Object.fromEntries(before.variables),
        ...wanted(),
      });
    },
  );

  test.each(here.map((shell) => [label(shell), shell] as const))(
    "%s unsets exactly the variables",
    async (_label, shell) => {
      const before = await environmentAfter(shell, "true");
      const after = await environmentAfter(shell, shell.evaluate("machine env --unset"), wanted());
      expect(after.result.stderr).toBe("");
      expect(Object.fromEntries(after.variables)).toEqual(Object.fromEntries(before.variables));
    },
  );

  test.each(here.map((shell) => [label(shell), shell] as const))(
    "%s sees a failure",
    async (_label, shell) => {
      const script = [shell.evaluate("machine env nope"), shell.status].join("\n");
      const { result } = await environmentAfter(shell, script);
      expect(result.stdout).toMatch(/^status=[1-9]/m);
      expect(result.stderr).toContain('no machine is named "nope"');
      const usage = await environmentAfter(
        shell,
        [shell.evaluate("machine env --nope"), shell.status].join("\n"),
      );
      expect(usage.result.stdout).toMatch(/^status=[1-9]/m);
    },
  );

  test.each(here.map((shell) => [label(shell), shell] as const))(
    "%s is found out without SHELL",
    async (_label, shell) => {
      const after = await environmentAfter(shell, shell.evaluate("machine env box"), { SHELL: "" });
      expect(Object.fromEntries(after.variables)).toMatchObject(wanted());
    },
  );

  test("set -e ends a script whose env failed", async () => {
    const script = 'set -e; eval "$(machine env nope)"; echo went on';
    const result = await runProgramFile("sh", ["-c", script], { env: { ...env, SHELL: "/bin/sh" } });
    expect(result.exitCode).not.toBe(0);
    expect(result.stdout).toBe("");
  });
});

describe("the program's streams", () => {
  test("a reader that leaves ends the program without noise", async () => {
    const child = spawn("machine", ["ls"], { env, stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.destroy(); // long before the program writes
    const errors: Buffer[] = [];
    child.stderr.on("data", (part: Buffer) => errors.push(part));
    const code = await new Promise((resolve) => child.once("close", resolve));
    expect({ code, stderr: Buffer.concat(errors).toString() }).toEqual({ code: 1, stderr: "" });
  });

  test("a full disk is an error", async () => {
    const result = await runProgramFile("sh", ["-c", "machine ls > /dev/full"], { env });
    expect(result).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("ENOSPC") });
  });

  test("rm without a terminal and without -y fails", async () => {
    const result = await runProgramFile("machine", ["rm", "box"], { env });
    expect(result).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("rm -y does not ask") });
    const answered = await runProgramFile("machine", ["rm", "first"], { env, input: "n\n" });
    expect(answered).toMatchObject({ exitCode: 0 });
  });

  test("it runs from any directory", async () => {
    const result = await runProgramFile("machine", ["ls", "-q"], { env, cwd: "/" });
    expect(result).toEqual({ stdout: "box\nfirst\n", stderr: "", exitCode: 0 });
  });
});
