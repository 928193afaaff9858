import { createServer } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { systemClock } from "../../src/kit/clock.ts";
import type { Leadership } from "../../src/swarm/leadership/leadership.ts";
import { startManager } from "../../src/swarm/manager/manager.ts";
import { recordingLog } from "../support/swarm-log.ts";
import { ask, RawClient, type TestManager, testManager } from "../support/swarm-manager.ts";
import { until } from "../support/test-cluster.ts";

/** A leadership that the test decides. */
class Decided implements Leadership {
  readonly own: string;
  #primary: string;
  readonly #listeners = new Set<() => void>();

  constructor(own: string, primary: string) {
    this.own = own;
    this.#primary = primary;
  }

  isPrimary(): boolean {
    return this.own !== "" && this.#primary === this.own;
  }

  primary(): string {
    return this.#primary;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async whenElected(timeoutMs: number): Promise<boolean> {
    if (this.#primary !== "") return true;
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), timeoutMs);
      const stop = this.onChange(() => {
        if (this.#primary === "") return;
        clearTimeout(timer);
        stop();
        resolve(true);
      });
    });
  }

  elect(addr: string): void {
    this.#primary = addr;
    for (const listener of this.#listeners) listener();
  }

  async close(): Promise<void> {}
}

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface Pair {
  primary: TestManager;
  replica: string;
  leadership: Decided;
}

/** A primary and a replica over the same engines. */
async function pair(electionWaitMs: number): Promise<Pair> {
  const primary = await testManager([{ name: "node1" }]);
  closers.push(() => primary[Symbol.asyncDispose]());
  const leadership = new Decided("", primary.addr);
  const replica = await startManager({
    hosts: ["127.0.0.1:0"],
    cluster: primary.world.cluster,
    leadership,
    electionWaitMs,
    clock: systemClock,
    log: recordingLog(),
    closeGraceMs: 100,
  });
  closers.push(() => replica.close());
  return { primary, replica: (replica.listeners[0] ?? "").replace("tcp://", ""), leadership };
}

describe("a replica", () => {
  test("tells of itself, passes on the rest, streams too", async () => {
    const { primary, replica } = await pair(5_000);
    const { json } = await ask(replica, "GET", "/v1.41/info");
    expect(JSON.parse(JSON.stringify(json)).SystemStatus.slice(0, 2)).toEqual([
      ["Role", "replica"],
      ["Primary", primary.addr],
    ]);
    expect((await ask(replica, "GET", "/_ping")).text).toBe("OK");
    expect((await ask(replica, "GET", "/health")).json).toMatchObject({
      role: "replica",
      primary: primary.addr,
    });
    const body = { Image: "busybox", Tty: true };
    expect((await ask(replica, "POST", "/v1.41/containers/create?name=r", { body })).status).toBe(201);
    expect((await ask(replica, "POST", "/containers/r/start")).status).toBe(204);
    expect((await ask(replica, "GET", "/containers/nobody/json")).text).toBe("No such container nobody\n");
    const client = new RawClient(replica);
    client.socket.write(
      "POST /v1.41/containers/r/attach?stream=1&stdin=1&stdout=1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n",
    );
    await client.until("the switch", (text) => text.includes("101 UPGRADED"));
    client.socket.end("through two managers");
    expect((await client.end()).endsWith("through two managers")).toBe(true);
  });

  test("keeps requests through an election, bodies too", async () => {
    const { primary, replica, leadership } = await pair(20_000);
    leadership.elect("");
    const read = ask(replica, "GET", "/version");
    const write = ask(replica, "POST", "/containers/create?name=later", { body: { Image: "busybox" } });
    let isDone = false;
    void write.then(() => {
      isDone = true;
    });
    expect((await ask(replica, "GET", "/health")).status).toBe(503);
    expect(isDone).toBe(false);
    leadership.elect(primary.addr);
    expect((await read).status).toBe(200);
    expect((await write).status).toBe(201);
  });

  test("tries a dead primary's address until another one is elected", async () => {
    const { primary, replica, leadership } = await pair(20_000);
    leadership.elect("127.0.0.1:1");
    const write = ask(replica, "POST", "/containers/create?name=after", { body: { Image: "busybox" } });
    await ask(replica, "GET", "/_ping");
    leadership.elect(primary.addr);
    expect((await write).status).toBe(201);
  });

  test("asks the next primary when one that hangs is followed by another; what was sent is not sent twice", async () => {
    const { primary, replica, leadership } = await pair(20_000);
    let connections = 0;
    const hanging = createServer((socket) => {
      connections++;
      socket.on("error", () => undefined).resume();
    });
    await new Promise<void>((resolve) => hanging.listen(0, "127.0.0.1", resolve));
    closers.push(
      () =>
        new Promise((resolve) => {
          hanging.close(() => resolve());
        }),
    );
    const bound = hanging.address();
    leadership.elect(`127.0.0.1:${typeof bound === "object" && bound !== null ? bound.port : 0}`);
    const read = ask(replica, "GET", "/version");
    const write = ask(replica, "POST", "/containers/create?name=once", { body: { Image: "busybox" } });
    await until("both reached it", () => connections === 2);
    leadership.elect(primary.addr);
    expect((await read).status).toBe(200);
    const { status, text } = await write;
    expect(status).toBe(503);
    expect(text).toContain("the primary was lost before it answered");
    expect(primary.world.cluster.container("once")).toBeUndefined();
  });

  test("gives up after its time, in the words of 1.2.9", async () => {
    const { replica, leadership } = await pair(300);
    leadership.elect("");
    const none = await ask(replica, "GET", "/version");
    expect([none.status, none.text]).toEqual([503, "No elected primary cluster manager\n"]);
    leadership.elect("127.0.0.1:1");
    const dead = await ask(replica, "GET", "/version");
    expect(dead.status).toBe(500);
    expect(dead.text).toMatch(/^Unable to reach primary cluster manager \(.+\): 127\.0\.0\.1:1\n$/);
  });

  test("two replicas that take each other for the primary do not go round in circles", async () => {
    const { replica, leadership } = await pair(300);
    leadership.elect(replica);
    expect((await ask(replica, "GET", "/version")).status).toBeGreaterThanOrEqual(500);
  });
});
