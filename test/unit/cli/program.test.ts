import { describe, expect, test } from "vitest";
import { commandSpecs } from "../../../src/cli/specs.ts";
import { AppError } from "../../../src/kit/errors.ts";
import { machineWorld } from "../../support/machine-world.ts";
import { runMachine } from "../../support/run-machine.ts";

describe("the program as a whole", () => {
  test("no command: the general help, exit 0", async () => {
    const { stdout, stderr, exitCode } = await runMachine("");
    expect(exitCode).toBe(0);
    expect(stderr).toBe("");
    for (const { name, hidden } of commandSpecs)
      if (hidden !== true) expect(stdout).toMatch(new RegExp(`^  ${name} `, "m"));
    expect(stdout).not.toContain("__complete");
  });

  test.each(["--version", "-v", "-version", "version"])(
    "%s prints one line with version and build",
    async (line) => {
      const { stdout, stderr, exitCode } = await runMachine(line);
      expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
      expect(stdout).toMatch(/^machine version \S+, build \S+\n$/);
    },
  );

  test.each(["--help", "-h", "help"])("%s: help on stdout", async (line) => {
    expect(await runMachine(line)).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining("Usage: machine"),
    });
  });

  test("help of a command, three ways", async () => {
    const [a, b, c] = await Promise.all(["help ls", "ls --help", "ls -h"].map((line) => runMachine(line)));
    expect(a).toMatchObject({
      exitCode: 0,
      stderr: "",
      stdout: expect.stringContaining("--filter <KEY=VALUE>"),
    });
    expect(b).toEqual(a);
    expect(c).toEqual(a);
  });

  test("help tells defaults, variables and repetition", async () => {
    const { stdout } = await runMachine("create -d fake --help");
    const flat = stdout.replace(/\s+/g, " ");
    expect(flat).toContain("default https://get.docker.com; $MACHINE_DOCKER_INSTALL_URL");
    expect(flat).toContain("may be repeated; $ENGINE_REGISTRY_MIRROR");
    expect(flat).toContain("--fake-size <N> size of the host (default 1)");
  });

  test("an unknown command: exit 1, with the word and a near command", async () => {
    const { stdout, stderr, exitCode } = await runMachine("strat");
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 1 });
    expect(stderr).toBe(
      'machine has no command "strat"\ndid you mean "start"? machine --help shows the commands there are\n',
    );
  });

  test("an unknown command of help: exit 1", async () => {
    expect(await runMachine("help nope")).toMatchObject({ exitCode: 1, stdout: "" });
  });

  test("an unknown flag: exit 2, nothing on stdout", async () => {
    const outcome = await runMachine("ls --quite");
    expect(outcome).toEqual({
      stdout: "",
      stderr: "there is no flag --quite\ndid you mean --quiet?\n",
      exitCode: 2,
    });
    expect(await runMachine("--nope ls")).toMatchObject({ exitCode: 2, stdout: "" });
  });

  test("too many and too few arguments: exit 1", async () => {
    expect(await runMachine("active x")).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("too many arguments"),
    });
    expect(await runMachine("url a b")).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("usage: machine url [NAME]"),
    });
    expect(await runMachine("rm")).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("needs an argument"),
    });
    expect(await runMachine("scp a")).toMatchObject({ exitCode: 1 });
  });

  test("MACHINE_DEBUG must be a boolean", async () => {
    const outcome = await runMachine("--version", { env: { MACHINE_DEBUG: "perhaps" } });
    expect(outcome).toMatchObject({
      exitCode: 1,
      stdout: "",
      stderr: expect.stringContaining("MACHINE_DEBUG"),
    });
    expect(await runMachine("--version", { env: { MACHINE_DEBUG: "0" } })).toMatchObject({ exitCode: 0 });
  });

  test.each(["-D url none", "--debug url none", "url none -D", "url -debug none", "url none --debug"])(
    "%s shows the stack of an error",
    async (line) => {
      const { stderr, exitCode } = await runMachine(line);
      expect(exitCode).toBe(1);
      expect(stderr).toMatch(/\n {4}at /);
    },
  );

  test("without --debug there is no stack, for bugs neither", async () => {
    await using world = await machineWorld({
      change: (ctx) => ({
        ...ctx,
        store: { ...ctx.store, get: () => Promise.reject(new RangeError("oops")) },
      }),
    });
    const { stderr, exitCode } = await runMachine("url x", { world });
    expect(exitCode).toBe(1);
    expect(stderr).toBe(
      "unexpected error: oops\nthis should not happen; the same command with --debug shows where it did\n",
    );
  });

  test("a store that cannot be used is told in words, with the place of it: no fault of the program", async () => {
    const refused = Object.assign(new Error("EACCES: permission denied, scandir '/s/machines'"), {
      code: "EACCES",
      syscall: "scandir",
      path: "/s/machines",
    });
    await using world = await machineWorld({
      change: (ctx) => ({ ...ctx, store: { ...ctx.store, get: () => Promise.reject(refused) } }),
    });
    expect(await runMachine("-s /s url x", { world })).toEqual({
      stdout: "",
      stderr: [
        "/s/machines cannot be used: permission denied",
        "the store is at /s; --storage-path or MACHINE_STORAGE_PATH names another directory\n",
      ].join("\n"),
      exitCode: 1,
    });
  });

  test("global flags may stand behind the command", async () => {
    expect(await runMachine("ls -q --storage-path /x --native-ssh --bugsnag-api-token t")).toMatchObject({
      exitCode: 0,
    });
    expect(await runMachine("ls --tls-ca-cert=/x/ca.pem --github-api-token x")).toMatchObject({
      exitCode: 0,
    });
  });

  test("all global flags of docker-machine are taken", async () => {
    const line =
      "--debug -s /x --tls-ca-cert a --tls-ca-key b --tls-client-cert c --tls-client-key d --github-api-token e --native-ssh --bugsnag-api-token f ls -q";
    expect(await runMachine(line)).toMatchObject({ exitCode: 0, stdout: "" });
  });

  test("an interruption ends with 130", async () => {
    const controller = new AbortController();
    await using world = await machineWorld({
      change: (ctx) => ({
        ...ctx,
        store: {
          ...ctx.store,
          get: async () => {
            controller.abort(new AppError("INTERRUPTED", "interrupted", { exitCode: 130 }));
            throw new Error("whatever the interruption broke");
          },
        },
      }),
    });
    const outcome = await runMachine("url x", { world, signal: controller.signal });
    expect(outcome).toEqual({ stdout: "", stderr: "interrupted\n", exitCode: 130 });
  });

  test("a machine that is not there: exit 1 and what to do", async () => {
    const { stderr, exitCode } = await runMachine("inspect nope");
    expect(exitCode).toBe(1);
    expect(stderr).toBe(
      'no machine is named "nope"\nmachine ls shows the machines there are; machine create makes one\n',
    );
  });

  test("no name and no machine called default: exit 1", async () => {
    for (const command of ["start", "ip", "url", "status", "inspect", "ssh", "config", "upgrade"]) {
      const { stderr, exitCode } = await runMachine(command);
      expect(exitCode).toBe(1);
      expect(stderr).toContain('there is none called "default"');
    }
  });
});
