import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { connectionOf, envVariables } from "../../../src/machine/connection.ts";
import { createMachine } from "../../../src/machine/create.ts";
import { ProbeError } from "../../../src/machine/engine-probe.ts";
import type { ClusterView } from "../../../src/machine/list.ts";
import { fakeDriver } from "../../support/fake-driver.ts";
import { flagsOf, type MachineWorld, machineWorld, type WorldOptions } from "../../support/machine-world.ts";

vi.mock("../../../src/certs/rsa-key.ts", async (load) =>
  (await import("../../support/few-keys.ts")).fewKeys(load),
);

const engineUrl = "tcp://192.0.2.11:2376";
const swarmUrl = "tcp://192.0.2.11:3376";

async function worldWithMachine(options: WorldOptions = {}, master = true): Promise<MachineWorld> {
  const world = await machineWorld({ seeded: true, ...options });
  const swarm = { Master: master, Discovery: "token://x" };
  await createMachine(world.ctx, { name: "a", driver: world.driver, flags: flagsOf(world.driver), swarm });
  return world;
}

const view: ClusterView = {
  swarmColumn: () => new Map(),
  swarmUrl: async ({ record }) => (record.HostOptions.SwarmOptions.Master ? swarmUrl : undefined),
};

const broken = (why: "tls" | "unreachable") => () =>
  Promise.reject(new ProbeError(why, "it does not answer"));

describe("the connection of env and config", () => {
  it("is the engine's, verified, with the certificates of the machine's directory", async () => {
    await using world = await worldWithMachine();
    const certPath = world.ctx.store.machineDir("a");
    expect(await connectionOf(world.ctx, "a")).toEqual({ name: "a", url: engineUrl, certPath, tls: true });
  });

  it("is the manager's with --swarm, for masters", async () => {
    await using world = await worldWithMachine();
    expect(await connectionOf(world.ctx, "a", { swarm: view })).toMatchObject({ url: swarmUrl });
  });

  it("is refused with --swarm for machines that are no masters", async () => {
    await using world = await worldWithMachine({}, false);
    await expect(connectionOf(world.ctx, "a", { swarm: view })).rejects.toMatchObject({
      code: "NOT_SWARM_MASTER",
    });
  });

  it("brings lost copies of the client's certificates back", async () => {
    await using world = await worldWithMachine();
    const copy = join(world.ctx.store.machineDir("a"), "key.pem");
    await rm(copy);
    await connectionOf(world.ctx, "a");
    expect(await readFile(copy, "utf8")).toBe(
      await readFile(join(world.ctx.store.certsDir, "key.pem"), "utf8"),
    );
  });

  it("renews a client certificate near its end, and tells of a server's", async () => {
    await using world = await worldWithMachine();
    const client = join(world.ctx.store.certsDir, "cert.pem");
    const before = await readFile(client, "utf8");
    const nowMs = Date.now() + 1060 * 86_400_000;
    const later = { ...world.ctx, clock: { ...world.ctx.clock, now: () => nowMs } };
    await connectionOf(later, "a");
    const after = await readFile(client, "utf8");
    expect(after).not.toBe(before);
    expect(await readFile(join(world.ctx.store.machineDir("a"), "cert.pem"), "utf8")).toBe(after);
    expect(world.events).toContainEqual(
      expect.objectContaining({ type: "warning", message: expect.stringContaining("ends within 30 days") }),
    );
  });

  it("is none for a machine that is off or unknown", async () => {
    await using world = await worldWithMachine();
    world.provider.hosts.set("a", { state: "Stopped", ip: "" });
    await expect(connectionOf(world.ctx, "a")).rejects.toMatchObject({ code: "HOST_NOT_RUNNING" });
    await expect(connectionOf(world.ctx, "b")).rejects.toMatchObject({ code: "MACHINE_NOT_FOUND" });
  });

  it("says that Swarm may not be started when the engine answers and the manager does not", async () => {
    await using world = await worldWithMachine();
    world.engines.set(swarmUrl, broken("unreachable"));
    await expect(connectionOf(world.ctx, "a", { swarm: view })).rejects.toMatchObject({
      code: "TLS_CHECK_FAILED",
      message: expect.stringContaining(swarmUrl),
      hint: expect.stringContaining("Swarm may not be started"),
    });
  });

  it("tells reason and remedy, with its warning, when the engine cannot be used", async () => {
    await using world = await worldWithMachine();
    world.engines.set(engineUrl, broken("tls"));
    await expect(connectionOf(world.ctx, "a")).rejects.toMatchObject({
      code: "TLS_CHECK_FAILED",
      message: `the engine at ${engineUrl} cannot be used: it does not answer`,
      hint: expect.stringMatching(
        /machine regenerate-certs a .*restarts the engine, which may stop containers/,
      ),
    });
  });

  it.each([
    ["ca.pem", "the CA certificate cannot be read", "--client-certs "],
    ["cert.pem", "the client certificate cannot be read", ""],
  ])("names %s when that is the reason", async (file, message, flags) => {
    await using world = await worldWithMachine();
    world.engines.set(engineUrl, broken("tls"));
    await writeFile(join(world.ctx.store.certsDir, file), "nonsense");
    await expect(connectionOf(world.ctx, "a")).rejects.toMatchObject({
      message: expect.stringContaining(message),
      hint: expect.stringContaining(`machine regenerate-certs ${flags}a `),
    });
  });

  it("does not offer to make certificates for an engine that is only a URL", async () => {
    await using world = await worldWithMachine({
      drivers: (provider) => [fakeDriver(provider, { features: { hasHost: false } })],
    });
    world.engines.set(engineUrl, broken("unreachable"));
    await expect(connectionOf(world.ctx, "a")).rejects.toMatchObject({
      message: `the engine at ${engineUrl} cannot be used: it does not answer`,
      hint: expect.stringMatching(/^that engine is not made by machine: it must run, .*\/certs\/ca\.pem$/),
    });
  });

  it("needs no check and no certificates for engines behind ssh:// and unix://", async () => {
    for (const url of ["ssh://me@example.org", "unix:///run/docker.sock"]) {
      await using world = await worldWithMachine({
        drivers: (provider) => {
          const driver = fakeDriver(provider, { features: { hasHost: false } });
          return [
            { ...driver, open: (...args) => Object.assign(driver.open(...args), { url: async () => url }) },
          ];
        },
      });
      const connection = await connectionOf(world.ctx, "a");
      expect(connection).toMatchObject({ url, tls: false });
      expect(envVariables(world.ctx, connection, { noProxy: true })).toEqual([
        ["DOCKER_TLS_VERIFY", ""],
        ["DOCKER_HOST", url],
        ["DOCKER_CERT_PATH", ""],
        ["DOCKER_MACHINE_NAME", "a"],
        ["NO_PROXY", url.startsWith("ssh") ? "example.org" : ""],
      ]);
    }
  });
});

describe("the variables of env", () => {
  const connection = { name: "a", url: engineUrl, certPath: "/store/machines/a", tls: true };

  it("come in docker-machine's order", async () => {
    await using world = await machineWorld();
    expect(envVariables(world.ctx, connection, { noProxy: false })).toEqual([
      ["DOCKER_TLS_VERIFY", "1"],
      ["DOCKER_HOST", engineUrl],
      ["DOCKER_CERT_PATH", "/store/machines/a"],
      ["DOCKER_MACHINE_NAME", "a"],
    ]);
    const windows = { ...world.ctx, platform: "win32" as const };
    expect(envVariables(windows, connection, { noProxy: false }).at(-1)).toEqual([
      "COMPOSE_CONVERT_WINDOWS_PATHS",
      "true",
    ]);
  });

  it.each<[Record<string, string>, readonly [string, string]]>([
    [{}, ["NO_PROXY", "192.0.2.11"]],
    [{ NO_PROXY: "localhost" }, ["NO_PROXY", "localhost,192.0.2.11"]],
    [{ no_proxy: "x", NO_PROXY: "y" }, ["no_proxy", "x,192.0.2.11"]],
    [{ no_proxy: "", NO_PROXY: "y" }, ["NO_PROXY", "y,192.0.2.11"]],
    [{ no_proxy: "192.0.2.11,x" }, ["no_proxy", "192.0.2.11,x"]],
  ])("with --no-proxy keep the user's list: %j", async (env, expected) => {
    await using world = await machineWorld({ env });
    expect(envVariables(world.ctx, connection, { noProxy: true }).at(-1)).toEqual(expected);
  });
});
