import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bootSystemdHost, type SystemdHost } from "../lab/systemd-host.ts";
import { importBusybox, type MachineLab, openMachineLab, told } from "../support/machine-lab.ts";

let world: MachineLab;
let plain: SystemdHost;
let boss: SystemdHost;
let key = "";

const usersJson = { labels: ["users=own"], "log-opts": { "max-size": "5m" }, "shutdown-timeout": 7 };

beforeAll(async () => {
  world = await openMachineLab();
  key = join(world.lab.dir, "key of mine");
  await world.lab.run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
  const authorizedKey = await readFile(`${key}.pub`, "utf8");
  const daemonJson = JSON.stringify(usersJson);
  plain = await bootSystemdHost(world.lab, { number: 1, authorizedKey, daemonJson });
  boss = await bootSystemdHost(world.lab, { number: 2, authorizedKey });
});

afterAll(async () => {
  await plain?.stop();
  await boss?.stop();
  await world?.close();
});

const generic = (host: SystemdHost) => [
  "-d",
  "generic",
  "--generic-ip-address",
  host.ip,
  "--generic-ssh-key",
  key,
];

async function shell(script: string): Promise<string> {
  const result = await world.bash(`set -e -o pipefail\n${script}`);
  expect(result.exitCode, told(script, result)).toBe(0);
  return result.stdout;
}

/** What a script prints on a host. */
async function on(host: SystemdHost, script: string): Promise<string> {
  const result = await host.run(script);
  expect(result.exitCode, told(script, result)).toBe(0);
  return result.stdout.trim();
}

const enginePid = (host: SystemdHost) => on(host, "systemctl show -p MainPID --value docker");

describe.sequential("the driver generic on Debian hosts with systemd", () => {
  it("makes a machine of a host: the engine answers over TLS and runs the user's containers on", async () => {
    await on(plain, "docker ps"); // the engine that Debian's package started
    await world.ok(
      "create",
      ...generic(plain),
      "--engine-label",
      "note=a b $HOME 100% 'q'",
      "--engine-env",
      "X=a b",
      "host1",
    );
    const info = JSON.parse(await shell(`eval "$(machine env host1)"; docker info --format '{{json .}}'`));
    expect(info.Name).toBe("host1");
    expect(info.Labels).toEqual(
      expect.arrayContaining(["users=own", "note=a b $HOME 100% 'q'", "provider=generic"]),
    );
    expect(await on(plain, "tr '\\0' '\\n' </proc/$(pidof dockerd)/environ | grep ^X=")).toBe("X=a b");
    expect(await on(plain, "hostname; cat /etc/hostname; getent hosts host1 | awk '{print $1}'")).toBe(
      "host1\nhost1\n127.0.1.1",
    );
  });

  it("keeps what the user had set in daemon.json", async () => {
    const kept = JSON.parse(await on(plain, "cat /etc/docker/daemon.json"));
    expect(kept).toMatchObject({ "log-opts": { "max-size": "5m" }, "shutdown-timeout": 7 });
    expect(kept.labels[0]).toBe("users=own");
    expect(kept.hosts).toBeUndefined();
  });

  it("no secret can be read by others on the host, and only the store's CA lets in", async () => {
    expect(await on(plain, "stat -c %a /etc/docker/server-key.pem")).toBe("600");
    const refused = await world.bash(`curl -sSk -m 20 https://${plain.ip}:2376/version`);
    expect(refused.exitCode).not.toBe(0);
    expect(refused.stderr).toMatch(/certificate/i);
  });

  it("ls, ip, url, status, inspect and ssh answer as for any machine", async () => {
    expect(await world.ok("ls", "--format", "{{.Name}} {{.DriverName}} {{.State}} {{.URL}} {{.Error}}")).toBe(
      `host1 generic Running tcp://${plain.ip}:2376 \n`,
    );
    expect((await world.ok("ip", "host1")).trim()).toBe(plain.ip);
    expect((await world.ok("inspect", "-f", "{{.Driver.SSHUser}}", "host1")).trim()).toBe("root");
    expect((await world.ok("ssh", "host1", "hostname")).trim()).toBe("host1");
    expect((await world.machine("ssh", "host1", "exit 41")).exitCode).toBe(41);
  });

  it("provision again changes nothing: the engine and its containers run on", async () => {
    await shell(
      `eval "$(machine env host1)"; ${importBusybox}; docker run -d --name mine busybox sleep 100000`,
    );
    const pid = await enginePid(plain);
    const files = "sha256sum /etc/docker/* /etc/systemd/system/docker.service.d/* /etc/hosts /etc/hostname";
    const before = await on(plain, files);
    await world.ok("provision", "host1");
    expect(await on(plain, files)).toBe(before);
    expect(await enginePid(plain)).toBe(pid);
    expect(await shell(`eval "$(machine env host1)"; docker ps --format '{{.Names}}'`)).toBe("mine\n");
  });

  it("a user who is not root provisions by sudo, and becomes the master of a cluster", async () => {
    await world.ok(
      "create",
      ...generic(boss),
      "--generic-ssh-user",
      "admin",
      "--swarm",
      "--swarm-master",
      "boss",
    );
    expect(await shell(`eval "$(machine env --swarm boss)"; docker info`)).toMatch(/^\s*Nodes: 1$/m);
    await world.ok("ssh", "boss", "sudo -n true");
  });

  it("the other host joins that cluster as it is, and its container runs on", async () => {
    await world.ok("cluster", "join", "boss", "host1");
    const info = await shell(
      `eval "$(machine env --swarm boss)"; docker info; docker ps --format '{{.Names}}'`,
    );
    expect(info).toMatch(/^\s*Nodes: 2$/m);
    expect(info.match(/└ Status: Healthy/g)).toHaveLength(2);
    expect(info).toMatch(/^host1\/mine$/m);
    expect(await world.ok("ls", "--format", "{{.Name}} {{.Swarm}}")).toBe("boss boss (master)\nhost1 boss\n");
  });

  it("an option that the engine refuses is told with the end of its log, and exit code 1", async () => {
    await world.ok("cluster", "leave", "host1");
    expect(await shell(`eval "$(machine env --swarm boss)"; docker info`)).not.toMatch(/^ *host1:/m);
    await world.ok("rm", "-y", "host1");
    const run = await world.machine("create", ...generic(plain), "--engine-opt", "nosuch=1", "host1");
    expect(run.exitCode, told("create", run)).toBe(1);
    expect(run.stderr).toMatch(/the engine of "host1" does not start/);
    expect(run.stderr).toMatch(/unknown flag: --nosuch/);
    expect(await world.ok("ls", "-q")).toBe("boss\n");
  });

  it("the next create mends the host; rm leaves it as it is, with its containers", async () => {
    await world.ok("create", ...generic(plain), "host1");
    await world.ok("rm", "-y", "host1");
    expect(await world.ok("ls", "-q")).toBe("boss\n");
    expect(await on(plain, "systemctl is-active docker; docker ps -a --format '{{.Names}}'")).toBe(
      "active\nmine",
    );
  });

  it.each([
    ["a port where nothing listens", ["--generic-ssh-port", "2222"], /SSH|reached/],
    ["a key that is not there", ["--generic-ssh-key", "/no/such key"], /cannot be read/],
  ])("%s: one clear error within its deadline", async (_what, flags, message) => {
    const started = performance.now();
    const run = await world.bash(
      `MACHINE_TIMEOUT_SSH=5 machine create ${[...generic(plain), ...flags].map((word) => `'${word}'`).join(" ")} other`,
    );
    expect([1, 3], told("create", run)).toContain(run.exitCode);
    expect(run.stderr).toMatch(message);
    expect(run.stderr).not.toMatch(/unexpected error/);
    expect((performance.now() - started) / 1000).toBeLessThan(60);
    expect(await world.ok("ls", "-q")).toBe("boss\n");
  });
});
