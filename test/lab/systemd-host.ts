/**
 * A Debian host with systemd, sshd and an engine in a lab: the whole system boots from its tree in namespaces of its own.
 *
 *   const host = await bootSystemdHost(lab, { number: 1, authorizedKey });
 *   await host.run("systemctl is-active docker");
 *   await host.stop();
 */
import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readdirSync, readFileSync } from "node:fs";
import { chown, mkdir, readFile, rm, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { silentLog } from "../../src/kit/log.ts";
import { type RunResult, realRun } from "../../src/kit/process.ts";
import type { Lab } from "./engines.ts";

const run = realRun(silentLog);
const bootMs = 120_000;
const anyCode = Array.from({ length: 256 }, (_, code) => code);
const bootScript = fileURLToPath(new URL("boot-systemd.sh", import.meta.url));

/** The tree that `npm test` makes. */
const tree = join(process.env["MACHINE_TEST_CACHE"] ?? "/var/cache/machine", "debian-systemd");

export interface SystemdHost {
  readonly ip: string;
  /** A shell script on the host, as root; any exit code is an answer. */
  run(script: string): Promise<RunResult>;
  stop(): Promise<void>;
}

export interface SystemdHostOptions {
  /** 1 to 99; its address is 10.99.0.100 + number. */
  readonly number: number;
  /** Lets its owner log in as root, and as the user `admin`, who may use sudo without a password. */
  readonly authorizedKey: string;
  /** /etc/docker/daemon.json before the engine's first start. */
  readonly daemonJson?: string;
}

/** Boots a host and waits until its sshd and engine run. */
export async function bootSystemdHost(lab: Lab, options: SystemdHostOptions): Promise<SystemdHost> {
  const name = `${lab.namespace}s${options.number}`;
  const dir = join(lab.dir, `systemd${options.number}`);
  const ip = `10.99.0.${100 + options.number}`;
  await prepareFiles(dir, options);
  await connectNamespace(lab, name, ip, options.number);
  const log = openSync(join(dir, "boot.log"), "a");
  const child = spawn("nsenter", [`--net=/run/netns/${name}`, "sh", bootScript, tree, dir, name], {
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const inside = async (script: string) => {
    const init = childOf(child.pid);
    if (init === undefined) throw new Error("the host is not up");
    const all = ["--mount", "--pid", "--uts", "--ipc", "--net", "--cgroup", "--root", "--wd"];
    return run("nsenter", [`--target=${init}`, ...all, "sh", "-c", script], {
      timeoutMs: 120_000,
      okCodes: anyCode,
    });
  };
  const host: SystemdHost = {
    ip,
    run: inside,
    async stop() {
      child.kill("SIGKILL"); // unshare takes its child along, and that the whole PID namespace
      await ended;
      await removeGroups(name);
      await run("ip", ["netns", "delete", name], { okCodes: [0, 1] });
      await rm(dir, { recursive: true, force: true });
    },
  };
  try {
    await untilReady(host, dir, () => child.exitCode !== null);
  } catch (error) {
    await host.stop();
    throw error;
  }
  return host;
}

async function untilReady(host: SystemdHost, dir: string, hasEnded: () => boolean): Promise<void> {
  const end = performance.now() + bootMs;
  for (;;) {
    await delay(300);
    const said = existsSync(join(dir, "root"))
      ? await host.run("systemctl is-active ssh docker").catch(String)
      : "";
    const text = typeof said === "string" ? said : said.stdout;
    if (text === "active\nactive\n") return;
    if (hasEnded() || performance.now() > end) {
      throw new Error(`the host did not boot: ${text}\n${readFileSync(join(dir, "boot.log"), "utf8")}`);
    }
  }
}

/** What is put over the tree before the first boot. */
async function prepareFiles(dir: string, options: SystemdHostOptions): Promise<void> {
  const file = async (path: string, text: string, mode = 0o644) => {
    const full = join(dir, "upper", path);
    await mkdir(join(full, ".."), { recursive: true });
    await writeFile(full, text, { mode });
  };
  await file("etc/hostname", "debian\n");
  await file("etc/hosts", "127.0.0.1\tlocalhost\n");
  await file("root/.ssh/authorized_keys", `${options.authorizedKey.trim()}\n`, 0o600);
  await file("home/admin/.ssh/authorized_keys", `${options.authorizedKey.trim()}\n`, 0o600);
  for (const path of ["home/admin", "home/admin/.ssh", "home/admin/.ssh/authorized_keys"])
    await chown(join(dir, "upper", path), 1000, 1000);
  await file("etc/sudoers.d/admin", "admin ALL=(ALL) NOPASSWD:ALL\n", 0o440);
  const account = {
    passwd: "admin:x:1000:1000::/home/admin:/bin/bash",
    group: "admin:x:1000:",
    shadow: "admin:*:1::::::",
  };
  for (const [name, line] of Object.entries(account)) {
    const present = await readFile(join(tree, "etc", name), "utf8");
    await file(`etc/${name}`, `${present}${line}\n`, name === "shadow" ? 0o640 : 0o644);
  }
  if (options.daemonJson !== undefined) await file("etc/docker/daemon.json", options.daemonJson);
}

async function connectNamespace(lab: Lab, name: string, ip: string, number: number): Promise<void> {
  const port = `sport${number}`;
  await run("ip", ["netns", "add", name]);
  await run("ip", ["-n", name, "link", "set", "lo", "up"]);
  const pair = ["type", "veth", "peer", "name", "eth0", "netns", name];
  await run("ip", ["-n", lab.namespace, "link", "add", port, ...pair]);
  await run("ip", ["-n", lab.namespace, "link", "set", port, "master", "lab0", "up"]);
  // an engine in the lab lets nothing be forwarded, also not from port to port of the bridge
  const rule = ["FORWARD", "-i", "lab0", "-o", "lab0", "-j", "ACCEPT"];
  await lab.run("sh", ["-c", `iptables -C ${rule.join(" ")} 2>/dev/null || iptables -I ${rule.join(" ")}`]);
  await run("ip", ["-n", name, "addr", "add", `${ip}/24`, "dev", "eth0"]);
  await run("ip", ["-n", name, "link", "set", "eth0", "up"]);
  await run("ip", ["-n", name, "route", "add", "default", "via", "10.99.0.1"]);
}

/** systemd: the only child of `unshare`. */
function childOf(pid: number | undefined): number | undefined {
  try {
    const first = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ")[0] ?? "";
    return first === "" ? undefined : Number(first);
  } catch {
    return undefined; // it has ended
  }
}

/** Its control groups; those of ended processes can be removed after a moment. */
async function removeGroups(name: string): Promise<void> {
  const hierarchies = [
    "/sys/fs/cgroup",
    ...readdirSync("/sys/fs/cgroup").map((one) => `/sys/fs/cgroup/${one}`),
  ];
  for (const top of hierarchies.map((one) => join(one, name)).filter((path) => existsSync(path))) {
    for (let round = 0; round < 50 && existsSync(top); round += 1) {
      const below = readdirSync(top, { recursive: true, withFileTypes: true }).filter((one) =>
        one.isDirectory(),
      );
      const paths = [top, ...below.map((one) => join(one.parentPath, one.name))];
      for (const path of paths.sort((a, b) => b.length - a.length)) await rmdir(path).catch(() => undefined);
      if (existsSync(top)) await delay(100);
    }
  }
}
