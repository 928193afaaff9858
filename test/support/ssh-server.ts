import { spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer } from "node:net";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import ssh2, { type Connection, type ServerChannel } from "ssh2";
import type { SshAddress } from "../../src/driver/driver.ts";

/** An SSH server on 127.0.0.1 that lets one key in and runs what it is told with `sh`. */
export interface TestSshServer {
  readonly address: SshAddress;
  /** Logins that were let in so far; undefined where the server does not tell. */
  logins(): number | undefined;
  /** Ends it and starts one with another host key at the same port. */
  changeHostKey(): Promise<void>;
  stop(): Promise<void>;
}

export interface ServerOptions {
  readonly dir: string;
  readonly keyPath: string;
  readonly publicKey: string;
}

function hostKey(): string {
  return generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "pkcs1", format: "pem" },
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
  }).privateKey;
}

/** A server made with ssh2, in this process. */
export async function ssh2Server(options: ServerOptions): Promise<TestSshServer> {
  const allowed = options.publicKey.trim().split(" ")[1] ?? "";
  let logins = 0;
  const open = (port: number) => {
    const clients = new Set<Connection>();
    const server = new ssh2.Server({ hostKeys: [hostKey()] }, (client) => {
      clients.add(client);
      client.on("error", () => undefined); // a client that goes away is no trouble of the server
      client.on("close", () => clients.delete(client));
      client.on("authentication", (request) => {
        const isKey = request.method === "publickey" && request.key.data.toString("base64") === allowed;
        if (isKey) request.accept();
        else request.reject(["publickey"]);
      });
      client.on("ready", () => {
        logins += 1;
        serve(client);
      });
    });
    return new Promise<{ port: number; stop(): Promise<void> }>((resolve) => {
      server.listen(port, "127.0.0.1", () => {
        const bound = server.address();
        resolve({
          port: bound !== null && typeof bound === "object" ? bound.port : 0,
          stop: () =>
            new Promise((done) => {
              for (const client of clients) client.end();
              server.close(() => done());
            }),
        });
      });
    });
  };
  let running = await open(0);
  return {
    address: { host: "127.0.0.1", port: running.port, user: "docker", keyPath: options.keyPath },
    logins: () => logins,
    async changeHostKey() {
      await running.stop();
      running = await open(running.port);
    },
    stop: () => running.stop(),
  };
}

function serve(client: Connection): void {
  client.on("session", (accept) => {
    const session = accept();
    session.on("exec", (acceptExec, _reject, { command }) => runIn(acceptExec(), "sh", ["-c", command]));
    session.on("subsystem", (acceptSubsystem) =>
      runIn(acceptSubsystem(), "/usr/lib/openssh/sftp-server", []),
    );
  });
  client.on("openssh.streamlocal", (accept, reject, { socketPath }) => {
    const socket = connect(socketPath);
    socket.once("error", () => reject());
    socket.once("connect", () => splice(accept(), socket));
  });
  client.on("tcpip", (accept, reject, { destIP, destPort }) => {
    const socket = connect(destPort, destIP);
    socket.once("error", () => reject());
    socket.once("connect", () => splice(accept(), socket));
  });
}

function splice(one: Duplex, other: Duplex): void {
  one.pipe(other).pipe(one);
  one.on("error", () => other.destroy());
  other.on("error", () => one.destroy());
}

function runIn(channel: ServerChannel, file: string, args: readonly string[]): void {
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "pipe"] });
  channel.pipe(child.stdin);
  child.stdin.on("error", () => undefined); // a command that does not read its input
  child.stdout.pipe(channel, { end: false });
  child.stderr.pipe(channel.stderr, { end: false });
  channel.on("close", () => child.kill());
  child.on("close", (code, signal) => {
    if (code === null) channel.exit(signal ?? "KILL");
    else channel.exit(code);
    channel.end();
  });
}

/** OpenSSH's own sshd, for the user that runs the tests (root). */
export async function realSshd(options: ServerOptions): Promise<TestSshServer> {
  const { dir } = options;
  await mkdir("/run/sshd", { recursive: true });
  await writeFile(join(dir, "authorized_keys"), `${options.publicKey.trim()}\n`);
  const port = await freePort();
  const start = async () => {
    await rm(join(dir, "host_key"), { force: true });
    await writeFile(join(dir, "host_key"), hostKey(), { mode: 0o600 });
    await writeFile(join(dir, "sshd_config"), sshdConfig(dir, port));
    const child = spawn("/usr/sbin/sshd", ["-D", "-e", "-f", join(dir, "sshd_config")], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    let log = "";
    child.stderr.on("data", (chunk) => {
      log += String(chunk);
    });
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    const end = performance.now() + 30_000;
    while (!log.includes("Server listening")) {
      if (performance.now() > end || child.exitCode !== null) throw new Error(`sshd did not start:\n${log}`);
      await delay(20);
    }
    return async () => {
      child.kill();
      await ended;
    };
  };
  let stop = await start();
  const user = (await readFile("/proc/self/status", "utf8")).includes("Uid:\t0") ? "root" : "";
  return {
    address: { host: "127.0.0.1", port, user, keyPath: options.keyPath },
    logins: () => undefined,
    async changeHostKey() {
      await stop();
      stop = await start();
    },
    stop: () => stop(),
  };
}

function sshdConfig(dir: string, port: number): string {
  return [
    `Port ${port}`,
    "ListenAddress 127.0.0.1",
    `HostKey ${dir}/host_key`,
    `PidFile ${dir}/sshd.pid`,
    `AuthorizedKeysFile ${dir}/authorized_keys`,
    "PermitRootLogin yes",
    "StrictModes no",
    "UsePAM no",
    "PasswordAuthentication no",
    "AllowStreamLocalForwarding yes",
    "Subsystem sftp internal-sftp",
    "",
  ].join("\n");
}

/** A port of 127.0.0.1 that nobody listens on now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const bound: AddressInfo | string | null = server.address();
      server.close(() => resolve(bound !== null && typeof bound === "object" ? bound.port : 0));
    });
  });
}
