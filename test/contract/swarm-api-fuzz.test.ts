import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RawClient, type TestManager, testManager } from "../support/swarm-manager.ts";

let manager: TestManager;

beforeAll(async () => {
  manager = await testManager([{ name: "node1" }]);
  await manager.ask("POST", "/containers/create?name=target", { body: { Image: "busybox" } });
});
afterAll(() => manager[Symbol.asyncDispose]());

const bodies = [
  "/containers/create",
  "/containers/target/exec",
  "/networks/create",
  "/networks/bridge/connect",
  "/networks/bridge/disconnect",
  "/volumes/create",
] as const;

const lists = ["/containers/json", "/images/json", "/networks", "/volumes", "/events"] as const;

const keys = fc.constantFrom(
  "Image",
  "Env",
  "Labels",
  "HostConfig",
  "NetworkingConfig",
  "Cmd",
  "Name",
  "Driver",
  "Container",
  "Force",
  "PortBindings",
  "Memory",
  "CpuShares",
  "com.docker.swarm.constraints",
  "com.docker.swarm.whitelists",
  "__proto__",
  "constructor",
);

const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.jsonValue({ maxDepth: 2 }),
    fc.array(
      fc.oneof(fc.string(), fc.constantFrom("constraint:a==b", "affinity:x", "reschedule:on", "constraint:")),
    ),
    tie("object"),
  ),
  object: fc.dictionary(keys, tie("value"), { maxKeys: 5 }),
})).object;

async function isUp(): Promise<void> {
  expect((await manager.ask("GET", "/_ping")).text).toBe("OK");
}

describe("whatever a client sends, it gets an answer and the manager stays up", () => {
  test.each(bodies)("as body of %s", async (path) => {
    await fc.assert(
      fc.asyncProperty(json, async (body) => {
        const { status } = await manager.ask("POST", path, { body });
        expect(status).toBeGreaterThanOrEqual(200);
        expect(status).toBeLessThan(600);
      }),
      { numRuns: 40 },
    );
    await isUp();
  });

  test.each(bodies)("that is no JSON object as body of %s", async (path) => {
    for (const body of [
      "{",
      "[]",
      "null",
      "7",
      '"x"',
      "\u0000",
      '{"a":}',
      `${"[".repeat(5_000)}${"]".repeat(5_000)}`,
    ]) {
      const { status } = await manager.ask("POST", path, { body });
      expect([path, body.slice(0, 10), status]).toEqual([path, body.slice(0, 10), 400]);
    }
    await isUp();
  });

  test.each(lists)("as filters of %s", async (path) => {
    const value = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.string());
    const names = fc.constantFrom(
      "name",
      "id",
      "label",
      "status",
      "node",
      "since",
      "publish",
      "type",
      "dangling",
      "x",
    );
    await fc.assert(
      fc.asyncProperty(fc.dictionary(names, value, { maxKeys: 3 }), async (filters) => {
        const query = new URLSearchParams({ filters: JSON.stringify(filters), until: "1", all: "1" });
        const { status } = await manager.ask("GET", `${path}?${query.toString()}`);
        expect([200, 400, 404]).toContain(status);
      }),
      { numRuns: 60 },
    );
    await isUp();
  });

  test("as path and query", async () => {
    await fc.assert(
      fc.asyncProperty(fc.webPath(), fc.webQueryParameters(), async (path, query) => {
        const { status } = await manager.ask("GET", `/v1.41/containers${path}?${query}`);
        expect(status).toBeGreaterThanOrEqual(200);
      }),
      { numRuns: 60 },
    );
    await isUp();
  });

  test("as bytes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 300 }), async (bytes) => {
        const client = new RawClient(manager.addr);
        client.socket.end(Buffer.concat([Buffer.from("POST "), Buffer.from(bytes), Buffer.from("\r\n\r\n")]));
        await client.end();
      }),
      { numRuns: 40 },
    );
    await isUp();
  });

  test("a body without end is refused at its bound", async () => {
    const { status } = await manager.ask("POST", "/containers/create", {
      body: `{"Image":"${"x".repeat(9_000_000)}"}`,
    });
    expect(status).toBe(413);
    await isUp();
  });
});
