import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../src/kit/clock.ts";
import { silentLog } from "../../src/kit/log.ts";
import { realRun } from "../../src/kit/process.ts";
import { waitForBanner } from "../../src/ssh/banner.ts";
import { ensureKey } from "../../src/ssh/keys.ts";
import { nativeShell } from "../../src/ssh/native-shell.ts";
import { openSsh } from "../../src/ssh/open.ts";
import { sshArguments } from "../../src/ssh/system.ts";
import { freePort, realSshd, ssh2Server, type TestSshServer } from "../support/ssh-server.ts";

const ssh = openSsh({ clock: systemClock, log: silentLog, env: {} });
const run = realRun(silentLog);

describe.each([
  ["a server made with ssh2", ssh2Server],
  ["OpenSSH's sshd", realSshd],
])("SSH against %s", (_name, start) => {
  let dir = "";
  let server: TestSshServer;
  let knownHostsPath = "";
  const connect = (timeoutMs = 60_000) => ssh.connect(server.address, { timeoutMs, knownHostsPath });

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "machine-ssh-"));
    knownHostsPath = join(dir, "known_hosts");
    const keyPath = join(dir, "id_rsa");
    server = await start({ dir, keyPath, publicKey: await ensureKey(keyPath) });
  });
  afterAll(async () => {
    await server.stop();
    await rm(dir, { recursive: true, force: true });
  });

  it("runs commands on one connection, gives output and exit code", async () => {
    await using connection = await connect();
    const before = server.logins();
    const first = await connection.run("echo out; echo err >&2");
    expect(first).toEqual({ stdout: "out\n", stderr: "err\n", exitCode: 0 });
    expect((await connection.run("exit 7", { okCodes: [7] })).exitCode).toBe(7);
    await expect(connection.run("echo why >&2; exit 3")).rejects.toMatchObject({
      code: "SSH_COMMAND_FAILED",
      message: expect.stringContaining("why"),
    });
    expect(server.logins()).toBe(before);
  });

  it("passes input byte for byte, and lines as they come", async () => {
    await using connection = await connect();
    const text = "a b\t$HOME `id` \"q\" 'q' \\\n\n ü\n";
    expect((await connection.run("cat", { input: text })).stdout).toBe(text);
    const lines: string[] = [];
    await connection.run("printf 'one\\ntwo\\nrest'", { onLine: (line) => lines.push(line) });
    expect(lines).toEqual(["one", "two", "rest"]);
  });

  it("uploads and downloads files with their mode", async () => {
    await using connection = await connect();
    const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, index) => index % 256));
    const target = join(dir, "far file's name");
    await connection.upload({ data: bytes }, target, 0o640);
    expect((await stat(target)).mode & 0o777).toBe(0o640);
    const back = join(dir, "back");
    await connection.download(target, back);
    expect(await readFile(back)).toEqual(bytes);
    const copy = join(dir, "copy");
    await connection.upload({ path: back }, copy);
    expect(await readFile(copy)).toEqual(bytes);
    expect((await stat(copy)).mode & 0o777).toBe(0o600);
  });

  it("forwards to a unix socket and to a port of the far side", async () => {
    const echo: Server = createServer((socket) => socket.pipe(socket));
    const socketPath = join(dir, "echo.sock");
    await new Promise<void>((resolve) => echo.listen(socketPath, resolve));
    const port = await freePort();
    const tcp = createServer((socket) => socket.pipe(socket));
    await new Promise<void>((resolve) => tcp.listen(port, "127.0.0.1", resolve));
    await using connection = await connect();
    for (const target of [{ socketPath }, { host: "127.0.0.1", port }]) {
      const stream = await connection.forward(target);
      stream.write("hello");
      const [answer] = await new Promise<unknown[]>((resolve) =>
        stream.once("data", (...got) => resolve(got)),
      );
      expect(String(answer)).toBe("hello");
      stream.destroy();
    }
    await expect(connection.forward({ socketPath: join(dir, "nobody") })).rejects.toThrow();
    echo.close();
    tcp.close();
  });

  it("ends a command at its deadline and stays usable", async () => {
    await using connection = await connect();
    await expect(connection.run("sleep 600", { timeoutMs: 200 })).rejects.toMatchObject({
      code: "SSH_COMMAND_TIMEOUT",
    });
    expect((await connection.run("echo still")).stdout).toBe("still\n");
  });

  it("rejects what runs when it is aborted", async () => {
    const controller = new AbortController();
    const connection = await ssh.connect(server.address, {
      timeoutMs: 60_000,
      knownHostsPath,
      signal: controller.signal,
    });
    const work = connection.run("sleep 600");
    controller.abort(new Error("interrupted by the test"));
    await expect(work).rejects.toThrow("interrupted by the test");
    await connection.close();
  });

  it("pins the host key so that the system's ssh accepts it and nothing else", async () => {
    await (await connect()).close();
    expect((await stat(knownHostsPath)).mode & 0o777).toBe(0o600);
    const args = sshArguments(server.address, ["exit 9"], { knownHostsPath });
    const strict = args.map((arg) => arg.replace("accept-new", "yes"));
    expect((await run("ssh", strict, { okCodes: [9], timeoutMs: 60_000 })).exitCode).toBe(9);
  });

  it("runs a command for a person with the client of this program, on streams that are no terminal", async () => {
    const deps = { clock: systemClock, log: silentLog, env: {} };
    const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
    streams.stdin.end("some input\n");
    const command = ["read", "line;", 'echo "got $line";', "echo aside >&2;", "exit 41"];
    const code = await nativeShell(deps, server.address, command, { knownHostsPath }, streams);
    expect(code).toBe(41);
    expect(String(streams.stdout.read())).toBe("got some input\n");
    expect(String(streams.stderr.read())).toBe("aside\n");
  });

  it("says that a key is not accepted", async () => {
    const keyPath = join(dir, "other_key");
    await ensureKey(keyPath);
    const address = { ...server.address, keyPath };
    await expect(ssh.connect(address, { timeoutMs: 1_500, knownHostsPath })).rejects.toMatchObject({
      code: "SSH_AUTH_FAILED",
    });
  });

  it("refuses a host whose key changed, also with the system's ssh, and keeps the pinned one", async () => {
    await (await connect()).close();
    const pinned = await readFile(knownHostsPath, "utf8");
    await server.changeHostKey();
    await expect(connect()).rejects.toMatchObject({ code: "SSH_HOST_KEY_CHANGED" });
    expect(await readFile(knownHostsPath, "utf8")).toBe(pinned);
    const args = sshArguments(server.address, ["true"], { knownHostsPath });
    expect((await run("ssh", args, { okCodes: [255], timeoutMs: 60_000 })).exitCode).toBe(255);
    await rm(knownHostsPath);
    await using again = await connect();
    expect((await again.run("echo new")).stdout).toBe("new\n");
  });
});

describe("a login with the client of this program", () => {
  it("has a terminal of our size on the far side, and raw keys on ours", async () => {
    const dir = await mkdtemp(join(tmpdir(), "machine-ssh-"));
    const keyPath = join(dir, "id_rsa");
    const server = await realSshd({ dir, keyPath, publicKey: await ensureKey(keyPath) });
    try {
      const raw: boolean[] = [];
      const tty = { isTTY: true, columns: 91, rows: 27 };
      const stdin = Object.assign(new PassThrough(), tty, { setRawMode: (on: boolean) => raw.push(on) });
      const stdout = Object.assign(new PassThrough(), tty);
      stdin.write("stty size; exit 7\n");
      const deps = { clock: systemClock, log: silentLog, env: {} };
      const options = { knownHostsPath: join(dir, "known_hosts") };
      const terminal = { stdin, stdout, stderr: new PassThrough() };
      expect(await nativeShell(deps, server.address, [], options, terminal)).toBe(7);
      expect(String(stdout.read())).toContain("27 91");
      expect(raw).toEqual([true, false]);
    } finally {
      await server.stop();
      await rm(dir, { recursive: true, force: true });
    }
  });
});

describe("waiting for SSH", () => {
  it("with one look, a refused connection is told at once", async () => {
    const target = { host: "127.0.0.1", port: await freePort() };
    let delays = 0;
    const clock = { ...systemClock, delay: () => Promise.reject(new Error(`delay ${++delays}`)) };
    const look = waitForBanner(clock, target, { timeoutMs: 600_000, once: true });
    await expect(look).rejects.toMatchObject({ code: "SSH_UNREACHABLE" });
    expect(delays).toBe(0);
  });

  it("with one look, a server that says nothing is left after the limit", async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const bound = silent.address();
    const port = bound !== null && typeof bound === "object" ? bound.port : 0;
    const look = waitForBanner(systemClock, { host: "127.0.0.1", port }, { timeoutMs: 200, once: true });
    await expect(look).rejects.toMatchObject({
      code: "SSH_UNREACHABLE",
      message: expect.stringContaining("says nothing"),
    });
    silent.close();
  });

  it("does not take a forward that accepts and says nothing for a server", async () => {
    const dir = await mkdtemp(join(tmpdir(), "machine-ssh-"));
    const silent = createServer((socket) => socket.destroy());
    const port = await freePort();
    await new Promise<void>((resolve) => silent.listen(port, "127.0.0.1", resolve));
    const keyPath = join(dir, "key");
    await writeFile(keyPath, "");
    const address = { host: "127.0.0.1", port, user: "docker", keyPath };
    const connecting = ssh.connect(address, { timeoutMs: 600, knownHostsPath: join(dir, "known_hosts") });
    await expect(connecting).rejects.toMatchObject({ code: "SSH_UNREACHABLE" });
    silent.close();
    await rm(dir, { recursive: true });
  });
});
