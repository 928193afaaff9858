import { setMaxListeners } from "node:events";
import type { Client, Stat, ZkException } from "node-zookeeper-client";
import type { Clock } from "../../../kit/clock.ts";
import { AppError, messageOf } from "../../../kit/errors.ts";

type Zookeeper = typeof import("node-zookeeper-client");

const away = (why: string) => new AppError("ZK_AWAY", `zookeeper: ${why}`);

/** Whether ZooKeeper answered that there is no such node, or that there is one already. */
export class ZkRefusal extends AppError {
  readonly kind: "noNode" | "exists";
  constructor(kind: "noNode" | "exists", message: string) {
    super("ZK", message);
    this.kind = kind;
  }
}

/**
 * One session of ZooKeeper with answers as promises. The library neither limits the time of a call nor notices a
 * connection that hangs, so each call has a limit and a look at the root, thrice a session time-out, shows life.
 */
export class ZkSession {
  /** Aborts when the session is over, with the reason. */
  readonly gone: AbortSignal;
  private readonly ending = new AbortController();
  private readonly zk: Zookeeper;
  private readonly client: Client;
  private readonly clock: Clock;
  private readonly callMs: number;

  private constructor(zk: Zookeeper, client: Client, clock: Clock, callMs: number) {
    this.zk = zk;
    this.client = client;
    this.clock = clock;
    this.callMs = callMs;
    this.gone = this.ending.signal;
    setMaxListeners(0, this.gone); // one for each call that waits
    client.on("state", (state) => {
      if (state === zk.State.EXPIRED) this.end("the session expired");
      if (state === zk.State.AUTH_FAILED) this.end("the server refused the session");
    });
  }

  static async open(endpoints: readonly string[], timeoutMs: number, clock: Clock): Promise<ZkSession> {
    const zk = await import("node-zookeeper-client");
    const client = zk.createClient(endpoints.join(","), {
      sessionTimeout: timeoutMs,
      spinDelay: 500,
      retries: 0,
    });
    const session = new ZkSession(zk, client, clock, Math.min(timeoutMs, 10_000));
    client.connect();
    void session.showLife();
    return session;
  }

  /** What the server agreed to. */
  get timeoutMs(): number {
    return this.client.getSessionTimeout();
  }

  get id(): string {
    return this.client.getSessionId().toString("hex");
  }

  end(why: string): void {
    if (this.gone.aborted) return;
    this.ending.abort(away(why));
    this.client.close();
  }

  /** @returns the path, with its number where it is sequential */
  create(path: string, value: string, mode: "persistent" | "ephemeral" | "sequential"): Promise<string> {
    const { CreateMode } = this.zk;
    const flags = {
      persistent: CreateMode.PERSISTENT,
      ephemeral: CreateMode.EPHEMERAL,
      sequential: CreateMode.EPHEMERAL_SEQUENTIAL,
    }[mode];
    return this.call((client, done) => client.create(path, Buffer.from(value), flags, done));
  }

  /** Makes a node and its parents where they are missing. */
  async ensure(path: string): Promise<void> {
    let made = "";
    for (const part of path.split("/").slice(1)) {
      made += `/${part}`;
      try {
        await this.create(made, "", "persistent");
      } catch (error) {
        if (!(error instanceof ZkRefusal) || error.kind !== "exists") throw error;
      }
    }
  }

  remove(path: string): Promise<void> {
    return this.call((client, done) => client.remove(path, -1, (error) => done(error, undefined)));
  }

  async setData(path: string, value: string): Promise<void> {
    await this.call<Stat>((client, done) => client.setData(path, Buffer.from(value), -1, done));
  }

  async getData(path: string, onChange?: () => void): Promise<string> {
    const data = await this.call<Buffer | undefined>((client, done) => client.getData(path, onChange, done));
    return data?.toString("utf8") ?? "";
  }

  /** @returns the session that owns the node, "" for none; undefined when there is no node */
  async owner(path: string, onChange?: () => void): Promise<string | undefined> {
    const stat = await this.call<Stat | null>((client, done) => client.exists(path, onChange, done));
    if (stat === null) return undefined;
    const owner = stat.ephemeralOwner.toString("hex");
    return /^0*$/.test(owner) ? "" : owner;
  }

  /** Names of the children; `onChange` is called once, at the first change after this very list. */
  children(path: string, onChange?: () => void): Promise<string[]> {
    return this.call((client, done) => client.getChildren(path, onChange, done));
  }

  private call<T>(
    act: (client: Client, done: (error: ZkException | null, value: T) => void) => void,
  ): Promise<T> {
    if (this.gone.aborted) return Promise.reject(this.gone.reason);
    return new Promise<T>((resolve, reject) => {
      const answered = new AbortController();
      const over = () => reject(this.gone.reason);
      this.gone.addEventListener("abort", over, { once: true });
      this.clock.delay(this.callMs, answered.signal).then(
        () => this.end(`no answer within ${this.callMs / 1000} s`),
        () => undefined, // answered in time
      );
      act(this.client, (error, value) => {
        answered.abort();
        this.gone.removeEventListener("abort", over);
        if (error) reject(this.translate(error));
        else resolve(value);
      });
    });
  }

  private translate(error: ZkException): Error {
    const { Exception } = this.zk;
    const code = error.getCode();
    if (code === Exception.NO_NODE) return new ZkRefusal("noNode", "zookeeper: node does not exist");
    if (code === Exception.NODE_EXISTS) return new ZkRefusal("exists", "zookeeper: node already exists");
    return away(messageOf(error));
  }

  private async showLife(): Promise<void> {
    while (!this.gone.aborted) {
      await this.owner("/").catch(() => undefined); // a failure that matters ends the session
      await this.clock.delay(this.timeoutMs / 3, this.gone).catch(() => undefined); // over: the loop ends
    }
  }
}
