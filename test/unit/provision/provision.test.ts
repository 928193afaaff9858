import { describe, expect, it } from "vitest";
import { silentLog } from "../../../src/kit/log.ts";
import { provision, upgradeEngine } from "../../../src/provision/provision.ts";
import type { ProvisionRequest } from "../../../src/provision/request.ts";
import type { SshConnection } from "../../../src/ssh/ssh.ts";
import type { EngineOptions } from "../../../src/store/record.ts";
import { instantClock } from "../../support/fake-clock.ts";
import { filesIn, type RecordedSsh, recordedSsh } from "../../support/recorded-ssh.ts";

const engine: EngineOptions = {
  ArbitraryFlags: [],
  Dns: [],
  GraphDir: "",
  Env: [],
  Ipv6: false,
  InsecureRegistry: [],
  Labels: [],
  LogLevel: "",
  StorageDriver: "",
  SelinuxEnabled: false,
  TlsVerify: true,
  RegistryMirror: [],
  InstallURL: "https://get.docker.com",
};

const request = (connection: SshConnection, options: Partial<EngineOptions> = {}): ProvisionRequest => ({
  connection,
  name: "dev",
  driverName: "generic",
  enginePort: 2376,
  engine: { ...engine, ...options },
  certs: { ca: "CA", serverCert: "CERT", serverKey: "SECRET" },
  engineTimeoutMs: 120_000,
  progress: () => undefined,
  log: silentLog,
  clock: instantClock(),
});

const mark = "--- machine ---";

/** A host that says this of itself. */
function host(
  os: string,
  facts: { daemonJson?: string; ownKeys?: string; dockerd?: string } = {},
): RecordedSsh {
  const { daemonJson = "", ownKeys = "", dockerd = "/usr/bin/dockerd" } = facts;
  return recordedSsh((command, input) => {
    if (command.startsWith("cat /etc/os-release")) {
      return { stdout: `${os}\n\n${mark}\n${daemonJson}\n${mark}\n${ownKeys}\n${mark}\n${dockerd}\n` };
    }
    return {
      stdout: input.includes("command -v dockerd ||") ? "Installing\n/usr/sbin/dockerd\n" : "changed\n",
    };
  });
}

const filesOf = ({ calls }: RecordedSsh) => filesIn(calls.at(-1)?.input ?? "");
const dropIn = "/etc/systemd/system/docker.service.d/10-machine.conf";

describe("boot2docker", () => {
  it("needs two commands, and no secret shows in one", async () => {
    const ssh = host("ID=boot2docker");
    await provision(request(ssh.connection));
    expect(ssh.calls).toHaveLength(2);
    for (const { command } of ssh.calls) expect(command).not.toMatch(/SECRET|U0VDUkVU/);
    expect(filesOf(ssh)["/var/lib/boot2docker/server-key.pem"]).toBe("SECRET");
  });

  it("writes the profile in docker-machine's form", async () => {
    const ssh = host("ID=boot2docker");
    await provision(
      request(ssh.connection, {
        Labels: ["a=1"],
        InsecureRegistry: ["r:5000"],
        RegistryMirror: ["https://m"],
        ArbitraryFlags: ["log-driver=syslog", "debug"],
        Env: ["A=b c", "Q=it's"],
        StorageDriver: "vfs",
      }),
    );
    expect(filesOf(ssh)["/var/lib/boot2docker/profile"]).toBe(`
EXTRA_ARGS='
--label a=1
--label provider=generic
--insecure-registry r:5000
--registry-mirror https://m
--log-driver=syslog
--debug

'
CACERT=/var/lib/boot2docker/ca.pem
DOCKER_HOST='-H tcp://0.0.0.0:2376'
DOCKER_STORAGE=vfs
DOCKER_TLS=auto
SERVERKEY=/var/lib/boot2docker/server-key.pem
SERVERCERT=/var/lib/boot2docker/server.pem

export 'A=b c'
export 'Q=it'\\''s'
`);
  });

  it("puts what word splitting would break into daemon.json, all values of a name together", async () => {
    const ssh = host("ID=boot2docker");
    await provision(
      request(ssh.connection, {
        Labels: ["plain=1", "odd=a b"],
        ArbitraryFlags: ["log-opt labels=x y", "log-opt tag=t"],
      }),
    );
    const files = filesOf(ssh);
    expect(files["/var/lib/boot2docker/profile"]).not.toMatch(/--label|--log-opt/);
    expect(JSON.parse(files["/etc/docker/daemon.json"] ?? "")).toEqual({
      labels: ["plain=1", "odd=a b", "provider=generic"],
      "log-opts": { labels: "x y", tag: "t" },
    });
  });
});

describe("systems with systemd", () => {
  it("takes the engine that is there, and needs two commands", async () => {
    const ssh = host("ID=debian", { dockerd: "/usr/sbin/dockerd" });
    await provision(request(ssh.connection, { Labels: ["a=1 2", "p=100%"], Env: ["X=$HOME a"] }));
    expect(ssh.calls).toHaveLength(2);
    expect(filesOf(ssh)[dropIn]).toBe(`[Service]
ExecStart=
ExecStart=/usr/sbin/dockerd --host=tcp://0.0.0.0:2376 --host=unix:///var/run/docker.sock --tlsverify --tlscacert=/etc/docker/ca.pem --tlscert=/etc/docker/server.pem --tlskey=/etc/docker/server-key.pem "--label=a=1 2" --label=p=100%% --label=provider=generic
Environment="X=$HOME a"
`);
    expect(filesOf(ssh)["/etc/docker/daemon.json"]).toBeUndefined();
  });

  it("quotes for systemd what its command lines would change", async () => {
    const ssh = host("ID=arch");
    await provision(request(ssh.connection, { Labels: ['q="a" \\ $x'] }));
    expect(filesOf(ssh)[dropIn]).toContain('"--label=q=\\"a\\" \\\\ $$x"');
  });

  it("keeps a user's daemon.json: options whose key it has join it, the others are flags", async () => {
    const ssh = host("ID=fedora", { daemonJson: '{"hosts":["fd://"],"data-root":"/big"}' });
    await provision(request(ssh.connection));
    const files = filesOf(ssh);
    expect(JSON.parse(files["/etc/docker/daemon.json"] ?? "")).toEqual({
      hosts: ["fd://", "tcp://0.0.0.0:2376", "unix:///var/run/docker.sock"],
      "data-root": "/big",
    });
    expect(files[dropIn]).not.toContain("--host");
    expect(files[dropIn]).toContain("--tlsverify");
  });

  it.each([
    ["ID=debian", "docker.io", "apt-get"],
    ["ID=ubuntu", "docker.io", "apt-get"],
    ["ID=fedora", "moby-engine", "dnf"],
    ["ID=rocky\nID_LIKE=rhel", "docker-ce", "yum"],
    ["ID=opensuse-leap", "zypper -n install docker", "zypper"],
    ["ID=arch", "pacman -Sy --noconfirm --noprogressbar docker", "pacman"],
  ])("installs the engine on %j by the script, else by its package", async (os, packageName, tool) => {
    const ssh = host(os, { dockerd: "" });
    await provision(request(ssh.connection));
    expect(ssh.calls).toHaveLength(3);
    const install = ssh.calls[1]?.input ?? "";
    expect(install).toContain("https://get.docker.com");
    expect(install).toContain(packageName);
    expect(install).toContain(tool);
    expect(filesOf(ssh)[dropIn]).toContain("ExecStart=/usr/sbin/dockerd ");
    await upgradeEngine({ connection: ssh.connection, progress: () => undefined });
    expect(ssh.calls.at(-1)?.input).toContain(tool);
  });

  it("says when no engine could be installed", async () => {
    const ssh = recordedSsh((command) => ({
      stdout: command.startsWith("cat") ? `ID=debian\n${mark}\n${mark}\n${mark}\n` : "E: no such package\n",
    }));
    await expect(provision(request(ssh.connection))).rejects.toMatchObject({
      code: "ENGINE_NOT_INSTALLED",
      message: expect.stringContaining("no such package"),
    });
  });
});

it("names a system that it does not know, and those it knows", async () => {
  const ssh = host("ID=alpine");
  await expect(provision(request(ssh.connection))).rejects.toMatchObject({
    code: "OS_NOT_RECOGNIZED",
    message: expect.stringContaining("alpine"),
    hint: expect.stringContaining("debian"),
  });
});

it("shows the end of the engine's log when it does not start", async () => {
  const ssh = recordedSsh((command) =>
    command.startsWith("cat")
      ? { stdout: `ID=boot2docker\n${mark}\n${mark}\n${mark}\n` }
      : { stdout: "unknown flag: --nonsense\n", exitCode: 75 },
  );
  await expect(provision(request(ssh.connection))).rejects.toMatchObject({
    code: "ENGINE_NOT_STARTED",
    message: expect.stringContaining("--nonsense"),
  });
});
