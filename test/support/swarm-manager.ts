import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { connect, type Socket } from "node:net";
import { systemClock } from "../../src/kit/clock.ts";
import type { ClusterOptions } from "../../src/swarm/cluster/options.ts";
import { startManager } from "../../src/swarm/manager/manager.ts";
import type { ManagerOptions } from "../../src/swarm/manager/options.ts";
import type { FakeEngineOptions } from "./fake-engine.ts";
import { recordingLog } from "./swarm-log.ts";
import { type TestCluster, testCluster } from "./test-cluster.ts";

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  /** The parsed body; undefined where it is no JSON. */
  json: unknown;
}

export interface AskOptions {
  body?: unknown;
  headers?: Record<string, string>;
}

/** Sends one request to "host:port" and reads the whole answer. */
export function ask(addr: string, method: string, path: string, options: AskOptions = {}): Promise<Answer> {
  const [host = "", port = ""] = addr.split(":");
  const { body } = options;
  const text = typeof body === "string" || body === undefined ? body : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      host,
      port,
      method,
      path,
      agent: false,
      headers: {
        ...(text === undefined
          ? {}
          : { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) }),
        ...options.headers,
      },
    });
    request.once("error", reject);
    request.once("response", (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.once("error", reject);
      answer.once("end", () => {
        const whole = Buffer.concat(chunks).toString("utf8");
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text: whole, json: parse(whole) });
      });
    });
    request.end(text);
  });
}

function parse(text: string): unknown {
  try {
    const parsed: unknown = JSON.parse(text);
    return parsed;
  } catch {
    return undefined;
  }
}

export interface TestManager {
  readonly world: TestCluster;
  readonly addr: string;
  readonly lines: readonly string[];
  ask(method: string, path: string, options?: AskOptions): Promise<Answer>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A manager on 127.0.0.1 over fake engines. */
export async function testManager(
  engines: readonly FakeEngineOptions[],
  options: Partial<ManagerOptions> = {},
  clusterOptions: Partial<ClusterOptions> = {},
): Promise<TestManager> {
  const world = await testCluster(engines, clusterOptions);
  const log = recordingLog();
  const manager = await startManager({
    hosts: ["127.0.0.1:0"],
    cluster: world.cluster,
    clock: systemClock,
    log,
    closeGraceMs: 100,
    ...options,
  });
  const addr = (manager.listeners[0] ?? "").replace("tcp://", "");
  return {
    world,
    addr,
    lines: log.lines,
    ask: (method, path, more) => ask(addr, method, path, more),
    async [Symbol.asyncDispose]() {
      await manager.close();
      await world[Symbol.asyncDispose]();
    },
  };
}

/** A bare connection, for requests that HTTP clients do not make. */
export class RawClient {
  readonly socket: Socket;
  text = "";
  isEnded = false;
  #wake: () => void = () => undefined;

  constructor(addr: string) {
    const [host = "", port = ""] = addr.split(":");
    this.socket = connect({ host, port: Number(port), allowHalfOpen: true });
    this.socket.on("data", (chunk: Buffer) => {
      this.text += chunk.toString("latin1");
      this.#wake();
    });
    const over = () => {
      this.isEnded = true;
      this.#wake();
    };
    this.socket.on("end", over).on("close", over).on("error", over);
  }

  /** Waits until the received text passes the test. */
  async until(what: string, test: (text: string) => boolean): Promise<string> {
    const deadline = setTimeout(() => {
      this.isEnded = true;
      this.#wake();
    }, 30_000);
    try {
      while (!test(this.text)) {
        if (this.isEnded) throw new Error(`the connection ended before ${what}; received: ${this.text}`);
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
      return this.text;
    } finally {
      clearTimeout(deadline);
    }
  }

  async end(): Promise<string> {
    while (!this.isEnded) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.text;
  }

  close(): void {
    this.socket.destroy();
  }
}
