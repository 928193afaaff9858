import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FakeEngine } from "../support/fake-engine.ts";
import { runSwarmCommand, type SwarmRun } from "../support/run-swarm.ts";
import { type StoreCertificates, storeCertificates } from "../support/store-certificates.ts";
import { freePort } from "../support/stores.ts";
import { tempDir } from "../support/temp-dir.ts";

/** A long-running command of `swarm` in this process; stopped, with its exit code checked, when disposed of. */
function running(args: readonly string[], env: Record<string, string> = {}) {
  const stop = new AbortController();
  const done = runSwarmCommand(args, { env, signal: stop.signal });
  return {
    async [Symbol.asyncDispose](): Promise<void> {
      stop.abort();
      const { code, stdout } = await done;
      expect([code, stdout.includes("level=fatal")]).toEqual([0, false]);
    },
  };
}

async function until(what: string, ask: () => Promise<SwarmRun>, isRight: (run: SwarmRun) => boolean) {
  const limit = performance.now() + 60_000;
  for (;;) {
    const run = await ask();
    if (isRight(run)) return run;
    if (performance.now() > limit) throw new Error(`${what}: not within a minute; ${JSON.stringify(run)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const id = "0123456789abcdef0123456789abcdef";

describe("a manager of a bare token://ID", () => {
  async function world() {
    const home = await tempDir();
    const files = await storeCertificates(home.path);
    const read = (path: string) => readFile(path, "utf8");
    const engine = new FakeEngine({
      name: "node1",
      tls: { ca: await read(files.ca), cert: await read(files.cert), key: await read(files.key) },
    });
    await engine.start();
    const port = await freePort();
    const tls = (own: StoreCertificates) => [
      "--tlsverify",
      `--tlscacert=${files.ca}`,
      `--tlscert=${own.cert}`,
      `--tlskey=${own.key}`,
    ];
    return {
      home,
      files,
      engine,
      port,
      tls,
      host: `tcp://127.0.0.1:${port}`,
      url: `token://127.0.0.1:${port}/v1/${id}`,
    };
  }

  it("adopts the id, hears of an agent at once, drains and activates, and forgets nothing in a restart", async () => {
    const { home, files, engine, port, tls, host, url } = await world();
    const foreign = await storeCertificates(home.path);
    const env = (own: StoreCertificates) => ({
      SWARM_DISCOVERY_CACERT: files.ca,
      SWARM_DISCOVERY_CERT: own.cert,
      SWARM_DISCOVERY_KEY: own.key,
    });
    const relay = await freePort();
    const manage = ["manage", ...tls(files), "-H", host, "--discovery-dir", join(home.path, "clusters")];
    const manager = () => running([...manage, "--discovery-relay", `127.0.0.1:${relay}`, `token://${id}`]);
    const nodes = () => runSwarmCommand(["node", "ls", "-H", host, ...tls(files)]);
    try {
      await using _agent = running(["join", "--advertise", engine.addr, url], env(files));
      {
        await using _manager = manager();
        await until("the node is healthy", nodes, ({ stdout }) => /node1 .* Healthy +active/.test(stdout));
        expect((await runSwarmCommand(["list", url], { env: env(files) })).stdout).toBe(`${engine.addr}\n`);
        expect((await runSwarmCommand(["list", url], { env: env(foreign) })).code).toBe(1);
        const relayed = await fetch(`http://127.0.0.1:${relay}/v1/clusters/${id}`);
        expect(await relayed.json()).toEqual([engine.addr]);
        const change = (what: string) => runSwarmCommand(["node", what, "node1", "-H", host, ...tls(files)]);
        expect(await change("drain")).toMatchObject({ code: 0, stdout: "node1\n" });
        expect((await nodes()).stdout).toMatch(/Healthy +drain/);
        expect((await change("activate")).code).toBe(0);
        expect((await nodes()).stdout).toMatch(/Healthy +active/);
        const missing = await runSwarmCommand(["node", "drain", "nobody", "-H", host, ...tls(files)]);
        expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining("nobody")]);
        expect((await change("drain")).code).toBe(0);
      }
      await using _again = manager();
      // long before the agent's next heartbeat
      const again = await until("the node is known again", nodes, ({ stdout }) =>
        stdout.includes(engine.addr),
      );
      expect(again.stdout).toMatch(/ drain/);
      expect(port).toBeGreaterThan(0);
    } finally {
      await engine.stop();
      await home[Symbol.asyncDispose]();
    }
  });
});
