import { readFileSync } from "node:fs";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { AppError } from "../../../src/kit/errors.ts";
import type { Ssh, SshShellOptions } from "../../../src/ssh/ssh.ts";
import { fakeDriver } from "../../support/fake-driver.ts";
import { type MachineWorld, machineWorld } from "../../support/machine-world.ts";
import { runMachine } from "../../support/run-machine.ts";

/** The programs that were run, each with the ssh configuration that it was given, and what they end with. */
const programs = vi.hoisted(() => ({
  ran: [] as Array<{ words: string[]; config: string }>,
  exitCode: 0,
  missing: false,
}));

vi.mock("../../../src/kit/attached.ts", () => ({
  runAttached: async (file: string, args: readonly string[]) => {
    if (programs.missing) throw new AppError("PROGRAM_NOT_FOUND", "nothing is here");
    const [path = ""] = args.flatMap((word) => /\S*\/config$/.exec(word)?.[0] ?? []);
    const config = path === "" ? "" : readFileSync(path, "utf8");
    programs.ran.push({ words: [file, ...args.map((word) => word.replace(path || "\0", "CONFIG"))], config });
    return programs.exitCode;
  },
}));

const ran = () => programs.ran.map(({ words }) => words);

const logins: Array<{ args: readonly string[]; options: SshShellOptions }> = [];
const shell: Ssh["shell"] = async (_address, args, options) => {
  logins.push({ args, options });
  return 41;
};

let world: MachineWorld;

beforeAll(async () => {
  world = await machineWorld({
    change: (ctx) => ({ ...ctx, ssh: { ...ctx.ssh, shell } }),
    drivers: (provider) => [
      fakeDriver(provider),
      fakeDriver(provider, { name: "nohost", features: { hasHost: false } }),
    ],
  });
  expect((await runMachine("create -d fake a b default off", { world })).exitCode).toBe(0);
  expect((await runMachine("create -d nohost url", { world })).exitCode).toBe(0);
  expect((await runMachine("stop off", { world })).exitCode).toBe(0);
});

beforeEach(() => {
  logins.length = 0;
  programs.ran.length = 0;
  programs.exitCode = 0;
  programs.missing = false;
});

afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

describe("ssh", () => {
  test("hands the words on as they are, and ends with the far side's exit code", async () => {
    const line = "ssh a -L 8080:localhost:80 ls -la --quiet";
    expect(await runMachine(line, { world })).toEqual({ stdout: "", stderr: "", exitCode: 41 });
    expect(logins[0]?.args).toEqual(["-L", "8080:localhost:80", "ls", "-la", "--quiet"]);
    await runMachine("ssh a -- uname -a", { world });
    expect(logins[1]?.args).toEqual(["uname", "-a"]);
  });

  test("without words logs in to the machine called default", async () => {
    await runMachine("ssh", { world });
    expect(logins).toMatchObject([{ args: [], options: { native: false } }]);
    expect(logins[0]?.options.knownHostsPath).toContain("/machines/default/");
  });

  test("--native-ssh and MACHINE_NATIVE_SSH take the client of this program", async () => {
    await runMachine("--native-ssh ssh a true", { world });
    await runMachine("ssh a true", { world, env: { MACHINE_NATIVE_SSH: "1" } });
    expect(logins.map(({ options }) => options.native)).toEqual([true, true]);
  });

  test("of a machine that is off, that is not there or that is a URL alone: exit 1", async () => {
    const errors = { off: '"off" is not running', nobody: '"nobody"', url: "no host to log in to" };
    for (const [name, message] of Object.entries(errors)) {
      const outcome = await runMachine(`ssh ${name} true`, { world });
      expect(outcome).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(message) });
    }
    expect(logins).toEqual([]);
  });
});

describe("scp", () => {
  test("copies with scp -3 and one configuration for both machines", async () => {
    programs.exitCode = 6;
    expect(await runMachine("scp -r -q a:/x me@b:/y", { world })).toMatchObject({ exitCode: 6 });
    const other = `b+${Buffer.from("me").toString("hex")}`;
    expect(ran()).toEqual([["scp", "-F", "CONFIG", "-3", "-r", "-q", "--", "a:/x", `${other}:/y`]]);
    for (const line of ["Host a\n", `Host ${other}\n`, 'User "me"'])
      expect(programs.ran[0]?.config).toContain(line);
  });

  test("--delta is rsync, with progress unless -q", async () => {
    await runMachine("scp -d -r here a:there", { world });
    await runMachine("scp --delta --quiet here a:there", { world });
    const ssh = expect.stringMatching(/^ssh -F /);
    expect(ran()).toEqual([
      ["rsync", "--progress", "-e", ssh, "-r", "--", "here", "a:there"],
      ["rsync", "-e", ssh, "--", "here", "a:there"],
    ]);
    const between = await runMachine("scp -d a:x b:y", { world });
    expect(between).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("rsync cannot copy") });
  });

  test("localhost: is this computer, also for a name with a colon", async () => {
    await runMachine("scp localhost:x:y a:z", { world });
    expect(ran()[0]?.slice(-2)).toEqual(["./x:y", "a:z"]);
  });

  test("wants two paths, a machine that is there, and the program: exit 1", async () => {
    expect(await runMachine("scp a:x", { world })).toMatchObject({ exitCode: 1 });
    expect(await runMachine("scp nobody:x y", { world })).toMatchObject({ exitCode: 1 });
    programs.missing = true;
    const outcome = await runMachine("scp a:x y", { world });
    expect(outcome).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("install the OpenSSH client"),
    });
  });
});

describe("mount", () => {
  test("mounts with sshfs; without a mount point at the same path, without a name that of default", async () => {
    await runMachine("mount me@a:/data /mnt", { world });
    await runMachine("mount a:/data", { world });
    await runMachine("mount /data", { world });
    expect(ran()).toEqual([
      ["sshfs", "-F", "CONFIG", "a:/data", "/mnt"],
      ["sshfs", "-F", "CONFIG", "a:/data", "/data"],
      ["sshfs", "-F", "CONFIG", "default:/data", "/data"],
    ]);
    expect(programs.ran[0]?.config).toContain('User "me"');
  });

  test("-u unmounts with the system's program", async () => {
    await runMachine("mount -u a:/data /mnt", { world });
    await runMachine("mount --unmount a:/data", { world, platform: "darwin" });
    expect(ran()).toEqual([
      ["fusermount", "-u", "/mnt"],
      ["umount", "/data"],
    ]);
  });

  test("says which program is missing", async () => {
    programs.missing = true;
    const outcome = await runMachine("mount a:/data", { world });
    expect(outcome).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('"sshfs" is needed') });
  });
});
