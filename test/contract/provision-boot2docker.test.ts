import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { driver } from "../../drivers/docker/driver.ts";
import { generateCa, generateLeaf } from "../../src/certs/generate.ts";
import { systemClock } from "../../src/kit/clock.ts";
import { silentLog } from "../../src/kit/log.ts";
import { newDriverConfig, newHostOptions } from "../../src/machine/defaults.ts";
import { provision } from "../../src/provision/provision.ts";
import type { ProvisionRequest } from "../../src/provision/request.ts";
import { openSsh } from "../../src/ssh/open.ts";
import type { SshConnection } from "../../src/ssh/ssh.ts";
import { openStore } from "../../src/store/file-store.ts";
import type { EngineOptions } from "../../src/store/record.ts";
import { type Lab, openLab } from "../lab/engines.ts";
import { labDriverContext, loadMachineImage } from "../support/lab-machine.ts";
import { flagsOf } from "../support/machine-world.ts";

describe("provisioning a container machine", () => {
  let lab: Lab;
  let connection: SshConnection;
  let commands = 0;
  let base: ProvisionRequest;
  let ip = "";

  beforeAll(async () => {
    lab = await openLab();
    const engine = await lab.engine();
    const image = await loadMachineImage(lab, engine);
    const store = openStore(join(lab.dir, "store"), { clock: systemClock, log: silentLog });
    await mkdir(store.machineDir("dev"), { recursive: true, mode: 0o700 });
    const { SwarmOptions, EngineOptions: options } = newHostOptions(store, "dev", {});
    const config = driver.configure(flagsOf(driver), newDriverConfig(store, "dev", SwarmOptions));
    const machine = driver.open(labDriverContext(lab, engine, image), config);
    await machine.create({ alreadyMaking: [], making: async () => undefined, othersMaking: async () => [] });
    ip = await machine.ip();
    const ssh = openSsh({ clock: systemClock, log: silentLog, env: {} });
    const address = { ...(await machine.sshAddress()), ...(await lab.forward({ host: ip, port: 22 })) };
    const opened = await ssh.connect(address, {
      timeoutMs: 90_000,
      knownHostsPath: join(lab.dir, "known_hosts"),
    });
    connection = {
      ...bind(opened),
      run: (command, runOptions) => {
        commands += 1;
        return opened.run(command, runOptions);
      },
    };
    const ca = await generateCa("tests", Date.now());
    const server = await generateLeaf(ca, {
      organization: "tests.dev",
      nowMs: Date.now(),
      use: "server",
      sans: [ip, "localhost"],
    });
    base = {
      connection,
      name: "dev",
      driverName: "docker",
      enginePort: 2376,
      engine: options,
      certs: { ca: ca.cert, serverCert: server.cert, serverKey: server.key },
      engineTimeoutMs: 120_000,
      progress: () => undefined,
      log: silentLog,
      clock: systemClock,
    };
  }, 400_000);
  afterAll(async () => {
    await connection?.close();
    await lab?.close();
  });

  const enginePid = async () => (await connection.run("cat /run/machine/dockerd.pid")).stdout.trim();
  const info = async () => {
    const asked = await connection.run("sudo curl -s --unix-socket /var/run/docker.sock http://docker/info");
    const parsed: {
      Labels: string[];
      Name: string;
      RegistryConfig: { IndexConfigs: object; Mirrors: string[] };
    } = JSON.parse(asked.stdout);
    return parsed;
  };
  const withOptions = (engine: Partial<EngineOptions>): ProvisionRequest => ({
    ...base,
    engine: { ...base.engine, ...engine },
  });

  it("brings the engine up behind TLS in two commands, and changes nothing a second time", async () => {
    commands = 0;
    await provision(base);
    expect(commands).toBe(2);
    expect((await connection.run("hostname")).stdout.trim()).toBe("dev");
    expect((await info()).Labels).toEqual(["provider=docker"]);
    const mode = await connection.run("sudo stat -c '%a %U' /var/lib/boot2docker/server-key.pem");
    expect(mode.stdout.trim()).toBe("600 root");
    const tls = await lab.run("curl", ["-sk", "-m", "20", "-o", "/dev/null", `https://${ip}:2376/version`], {
      okCodes: [35, 56],
    });
    expect([35, 56]).toContain(tls.exitCode); // without a client's certificate the engine says nothing
    const before = await enginePid();
    await provision(base);
    expect(await enginePid()).toBe(before);
  });

  it("brings labels, options and environment over as they were given", async () => {
    const Labels = ["plain=1", `odd=a  b "c" 'd' $HOME \`id\` \\ * é`, "empty="];
    const Env = [`PLAIN=1`, `ODD=a  b "c" 'd' $HOME \`id\` \\ *`];
    await provision(
      withOptions({
        Labels,
        Env,
        InsecureRegistry: ["registry.example:5000"],
        RegistryMirror: ["https://mirror.example/"],
        ArbitraryFlags: ["log-opt max-size=1m", "default-ulimit=nofile=1024:2048"],
      }),
    );
    const { Labels: have, RegistryConfig } = await info();
    expect([...have].sort()).toEqual([...Labels, "provider=docker"].sort());
    expect(Object.keys(RegistryConfig.IndexConfigs)).toContain("registry.example:5000");
    expect(RegistryConfig.Mirrors).toEqual(["https://mirror.example/"]);
    const environ = await connection.run(
      "sudo cat /proc/$(cat /run/machine/dockerd.pid)/environ | tr '\\0' '\\n'",
    );
    expect(environ.stdout.split("\n")).toEqual(expect.arrayContaining(Env));
  });

  it("takes options away again that are no longer wanted", async () => {
    await provision(base);
    expect((await info()).Labels).toEqual(["provider=docker"]);
    expect(Object.keys((await info()).RegistryConfig.IndexConfigs)).not.toContain("registry.example:5000");
  });

  it("says why an engine does not start, and mends it when the option is gone", async () => {
    await expect(provision(withOptions({ ArbitraryFlags: ["no-such-option=1"] }))).rejects.toMatchObject({
      code: "ENGINE_NOT_STARTED",
      message: expect.stringContaining("no-such-option"),
    });
    await provision(base);
    expect((await info()).Name).toBe("dev");
  });
});

/** The connection's methods, each bound to it. */
function bind(one: SshConnection): SshConnection {
  return {
    run: (...args) => one.run(...args),
    upload: (...args) => one.upload(...args),
    download: (...args) => one.download(...args),
    forward: (...args) => one.forward(...args),
    close: () => one.close(),
    [Symbol.asyncDispose]: () => one.close(),
  };
}
