import { readdir, readFile, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { systemClock } from "../../src/kit/clock.ts";
import { startRelay } from "../../src/swarm/discovery/relay.ts";
import { runSwarmCommand, type SwarmRun } from "../support/run-swarm.ts";
import { storeCertificates } from "../support/store-certificates.ts";
import { tempDir } from "../support/temp-dir.ts";
import { contractOptions } from "./discovery.ts";

/** `swarm discovery serve` in this process, on a port of its own. */
async function serve(dir: string, ...args: readonly string[]) {
  const stop = new AbortController();
  let isReady: (address: string) => void = () => undefined;
  const ready = new Promise<string>((resolve) => {
    isReady = resolve;
  });
  const running = runSwarmCommand(["discovery", "serve", "-H", "tcp://127.0.0.1:0", "--dir", dir, ...args], {
    signal: stop.signal,
    onOutput: (text) => {
      const address = /"Listening for HTTP" addr="([^"]+)"/.exec(text)?.[1];
      if (address !== undefined) isReady(address);
    },
  });
  const early = running.then((run): string => {
    throw new Error(`it ended: ${run.stdout}`);
  });
  early.catch(() => undefined);
  const address = await Promise.race([ready, early]);
  return {
    address,
    async [Symbol.asyncDispose](): Promise<void> {
      stop.abort();
      expect((await running).code).toBe(0);
    },
  };
}

async function swarm(
  args: readonly string[],
  env: Record<string, string> = {},
  routes = "",
): Promise<SwarmRun> {
  return runSwarmCommand(args, { env, routes });
}

/** Runs `swarm join` until its first registration is answered. */
async function registerOnce(url: string, addr: string, env: Record<string, string> = {}): Promise<string> {
  const stop = new AbortController();
  const running = runSwarmCommand(["join", "--advertise", addr, "--ttl", "300s", "--heartbeat", "60s", url], {
    env,
    signal: stop.signal,
    onOutput: (text) => {
      if (text.includes("level=error")) stop.abort();
    },
  });
  const limit = performance.now() + 30_000;
  while (performance.now() < limit && !stop.signal.aborted) {
    const { stdout } = await swarm(["list", "--timeout", "5s", url], env);
    if (stdout.includes(addr)) break;
    await systemClock.delay(20);
  }
  stop.abort();
  return (await running).stdout;
}

describe("the discovery service", () => {
  it("creates, names, lists and loses nothing in a restart", async () => {
    await using home = await tempDir();
    let id = "";
    {
      await using service = await serve(home.path);
      const env = { SWARM_DISCOVERY_URL: `http://${service.address}/v1` };
      const created = await swarm(["create", "--name", "prod"], env);
      expect(created.stdout).toMatch(/^[0-9a-f]{32}\n$/);
      id = created.stdout.trim();
      const again = await swarm(["create", "--name", "prod"], env);
      expect([again.code, again.stderr]).toEqual([1, expect.stringContaining("409")]);
      expect((await swarm(["list", `token+http://prod`], env)).stdout).toBe("");
      const base = `http://${service.address}/v1/clusters`;
      for (const addr of ["10.0.0.1:2375", "[fd00::1]:2375"]) {
        const answer = await fetch(`${base}/prod?ttl=300`, { method: "POST", body: addr });
        expect(answer.status).toBe(200);
      }
      expect((await swarm(["list", `token://${id}`], env)).stdout).toBe("10.0.0.1:2375\n[fd00::1]:2375\n");
      expect((await swarm(["list", `token+http://${service.address}/v1/${id}`])).stdout).toContain("fd00");
    }
    await writeFile(join(home.path, "broken.json"), "{");
    await using service = await serve(home.path);
    const env = { SWARM_DISCOVERY_URL: `http://${service.address}/v1` };
    expect((await swarm(["list", "token://prod"], env)).stdout).toBe("10.0.0.1:2375\n[fd00::1]:2375\n");
    const { stdout } = await swarm(["clusters"], env);
    expect(stdout).toMatch(new RegExp(`CLUSTER ID +NAME +NODES\n${id} +prod +2\n$`));
    expect((await fetch(`http://${service.address}/v1/clusters/prod`, { method: "DELETE" })).status).toBe(
      200,
    );
    expect((await swarm(["list", "token://prod"], env)).stdout).toBe("");
    expect(await readdir(home.path)).toEqual(["broken.json"]);
  });

  it("answers bad requests with their status and stays up", async () => {
    await using home = await tempDir();
    await using service = await serve(home.path);
    const base = `http://${service.address}`;
    const status = async (method: string, path: string, body?: string) =>
      (await fetch(base + path, body === undefined ? { method } : { method, body })).status;
    expect(await status("GET", "/v1/clusters/unknown")).toBe(200);
    expect(await status("POST", "/v1/clusters/x", "no address")).toBe(400);
    expect(await status("POST", "/v1/clusters/x?ttl=-1", "a:1")).toBe(400);
    expect(await status("POST", "/v1/clusters/x?ttl=abc", "a:1")).toBe(400);
    expect(await status("POST", "/v1/clusters/x", "a".repeat(10_000))).toBe(413);
    expect(await status("POST", "/v1/clusters/..%2f..%2fetc", "a:1")).toBe(400);
    expect(await status("POST", "/v1/clusters/%zz", "a:1")).toBe(400);
    expect(await status("PUT", "/v1/clusters/x", "a:1")).toBe(405);
    expect(await status("PUT", "/v1/clusters/x/leader", "a:1")).toBe(400);
    expect(await status("GET", "/v1/clusters/x/y/z/a")).toBe(404);
    expect(await status("GET", "/other")).toBe(404);
    expect(await status("GET", "/_ping")).toBe(200);
    expect(await status("POST", "/v1/clusters/x?ttl=0", "a:1")).toBe(200);
    expect(await (await fetch(`${base}/v1/clusters/x`)).json()).toEqual(["a:1"]);
  });

  it("tells of a change at once to who waits for it", async () => {
    await using home = await tempDir();
    await using service = await serve(home.path);
    const page = `http://${service.address}/v1/clusters/c`;
    await fetch(`${page}?ttl=300`, { method: "POST", body: "a:1" });
    const first = await fetch(page);
    const index = first.headers.get("x-discovery-index");
    const waiting = fetch(`${page}?index=${index}&wait=60`);
    await fetch(`${page}?ttl=300`, { method: "POST", body: "b:1" });
    expect(await (await waiting).json()).toEqual(["a:1", "b:1"]);
  });

  it("wants the bearer token when it has one", async () => {
    await using home = await tempDir();
    const file = join(home.path, "token");
    await writeFile(file, "a-token-of-the-service\n");
    await using service = await serve(join(home.path, "clusters"), "--auth-token-file", file);
    const env = { SWARM_DISCOVERY_URL: `http://${service.address}/v1` };
    expect(await swarm(["create"], env)).toMatchObject({ code: 1, stderr: expect.stringContaining("401") });
    expect((await swarm(["create"], { ...env, SWARM_DISCOVERY_TOKEN: "a-token-of-the-servicf" })).code).toBe(
      1,
    );
    expect((await swarm(["create"], { ...env, SWARM_DISCOVERY_TOKEN: "a-token-of-the-service" })).code).toBe(
      0,
    );
  });

  it("with --tlsverify serves clients with a certificate of its CA, and nobody else", async () => {
    await using home = await tempDir();
    const files = await storeCertificates(home.path);
    const foreign = await storeCertificates(home.path);
    const tls = [
      "--tlsverify",
      `--tlscacert=${files.ca}`,
      `--tlscert=${files.cert}`,
      `--tlskey=${files.key}`,
    ];
    await using service = await serve(join(home.path, "clusters"), ...tls);
    const url = `token://${service.address}/v1/c`;
    const env = (own: typeof files) => ({
      SWARM_DISCOVERY_CACERT: files.ca,
      SWARM_DISCOVERY_CERT: own.cert,
      SWARM_DISCOVERY_KEY: own.key,
    });
    await registerOnce(url, "10.0.0.1:2375", env(files));
    const listed = await swarm(["list", url], env(files));
    expect([listed.code, listed.stderr]).toEqual([0, ""]);
    expect((await swarm(["list", url], env(foreign))).code).toBe(1);
    expect((await swarm(["list", url], { SWARM_DISCOVERY_CACERT: files.ca })).code).toBe(1);
    expect((await swarm(["list", url])).code).toBe(1); // its CA is not the system's
    const ca = await readFile(files.ca);
    const status = await new Promise<unknown>((resolve) => {
      request(`https://${service.address}/v1/clusters`, { ca }, (answer) => resolve(answer.statusCode))
        .on("error", (error) => resolve(error))
        .end();
    });
    expect(status).toBeInstanceOf(Error);
  });

  it("logs a beat that the service refused", async () => {
    await using home = await tempDir();
    const file = join(home.path, "token");
    await writeFile(file, "a-token-of-the-service");
    await using service = await serve(join(home.path, "clusters"), "--auth-token-file", file);
    const log = await registerOnce(`token+http://${service.address}/v1/c`, "10.0.0.1:2375");
    expect(log).toContain(
      "Failed to register 10.0.0.1:2375, Discovery service returned 401 HTTP status code",
    );
  });
});

describe("the relay", () => {
  it("lists in plain HTTP and does nothing else", async () => {
    const relay = await startRelay(
      "127.0.0.1:0",
      async (id) => {
        if (id === "broken") throw new Error("away");
        return [`${id}:1`];
      },
      contractOptions().log,
    );
    try {
      const base = `http://${relay.address}/v1/clusters`;
      expect(await (await fetch(`${base}/abc`)).json()).toEqual(["abc:1"]);
      expect((await fetch(`${base}/broken`)).status).toBe(502);
      expect((await fetch(base)).status).toBe(404);
      expect((await fetch(`${base}/abc/leader`)).status).toBe(404);
      expect((await fetch(`${base}/..%2fx`)).status).toBe(404);
      for (const method of ["POST", "PUT", "DELETE"]) {
        expect((await fetch(`${base}/abc`, { method })).status).toBe(403);
      }
    } finally {
      await relay.close();
    }
  });

  it("of an agent asks the agent's service", async () => {
    await using home = await tempDir();
    await using service = await serve(home.path);
    const stop = new AbortController();
    let isReady: (address: string) => void = () => undefined;
    const ready = new Promise<string>((resolve) => {
      isReady = resolve;
    });
    const url = `token+http://${service.address}/v1/c`;
    const agent = runSwarmCommand(["join", "--advertise", "10.0.0.1:2375", url], {
      env: { SWARM_DISCOVERY_RELAY: "127.0.0.1:0" },
      signal: stop.signal,
      onOutput: (text) => {
        const address = /"Relaying the discovery service" addr="([^"]+)"/.exec(text)?.[1];
        if (address !== undefined) isReady(address);
      },
    });
    try {
      const address = await ready;
      const limit = performance.now() + 30_000;
      let members: unknown;
      do {
        members = await (await fetch(`http://${address}/v1/clusters/c`)).json();
      } while (JSON.stringify(members) !== '["10.0.0.1:2375"]' && performance.now() < limit);
      expect(members).toEqual(["10.0.0.1:2375"]);
    } finally {
      stop.abort();
    }
    expect((await agent).code).toBe(0);
    expect((await swarm(["list", url])).stdout).toBe(""); // it left
  });
});
