import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { containerRoutes } from "./fake-engine/container-routes.ts";
import type { Exchange, Route } from "./fake-engine/exchange.ts";
import { hijack } from "./fake-engine/hijack.ts";
import { digestOf, type Json, record } from "./fake-engine/objects.ts";
import { type FakeEngineSpecs, FakeEngineState } from "./fake-engine/state.ts";
import { systemRoutes } from "./fake-engine/system-routes.ts";

export interface FakeEngineOptions extends Partial<FakeEngineSpecs> {
  /** Default 127.0.0.1 and any free port; the port stays the same over stop() and start(). */
  host?: string;
  port?: number;
  tls?: { cert: string; key: string; ca?: string };
  /** Images that are there; default busybox:latest. */
  images?: readonly string[];
}

/** "pass" serves it; "hang" never answers; "reset" cuts the connection; a function writes an answer of its own. */
export type Fault = "pass" | "hang" | "reset" | ((response: ServerResponse) => void);

export interface SeenRequest {
  readonly method: string;
  /** With version prefix and query. */
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
}

const routes: readonly Route[] = [...systemRoutes, ...containerRoutes];
const requestsKept = 10_000;

/** An engine in memory that answers the Docker API over real HTTP(S). */
export class FakeEngine {
  readonly state: FakeEngineState;
  /** The last 10 000 requests, in order. */
  readonly requests: SeenRequest[] = [];
  /** Asked before each request. */
  fault: (request: SeenRequest) => Fault = () => "pass";
  readonly #options: FakeEngineOptions;
  readonly #sockets = new Set<Socket>();
  readonly #routes: readonly Route[];
  #server: Server | undefined;
  #port: number;
  #host: string;

  constructor(options: FakeEngineOptions) {
    this.#options = options;
    this.#host = options.host ?? "127.0.0.1";
    this.#port = options.port ?? 0;
    this.#routes = routes;
    const name = options.name ?? "node1";
    this.state = new FakeEngineState(
      {
        name,
        id: options.id ?? idOf(name),
        labels: options.labels ?? [],
        cpus: options.cpus ?? 4,
        memoryBytes: options.memoryBytes ?? 8 * 1024 ** 3,
        version: options.version ?? "26.1.5",
        apiVersion: options.apiVersion ?? "1.45",
        minApiVersion: options.minApiVersion ?? "1.24",
        clockSkewMs: options.clockSkewMs ?? 0,
        registry: options.registry ?? [],
      },
      options.images ?? ["busybox:latest"],
    );
  }

  get addr(): string {
    return `${this.#host}:${this.#port}`;
  }

  /** Listens, on the same port as before after a stop(). */
  async start(): Promise<void> {
    const { tls } = this.#options;
    const onRequest = (request: IncomingMessage, response: ServerResponse) => {
      void this.#serve(request, response);
    };
    const server = tls
      ? createTlsServer(
          { ...tls, requestCert: tls.ca !== undefined, rejectUnauthorized: tls.ca !== undefined },
          onRequest,
        )
      : createServer(onRequest);
    server.keepAliveTimeout = 0;
    server.requestTimeout = 0;
    server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
    server.on("upgrade", (request, socket, head) => {
      const seen = this.#see(request);
      const fault = this.fault(seen);
      if (fault === "reset") socket.destroy();
      else if (fault !== "hang") hijack(this.state, split(seen.url).path, request, socket, head);
    });
    server.on("clientError", (_error, socket) => {
      if (socket.writable) socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n400 Bad Request");
      else socket.destroy();
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(this.#port, this.#host, resolve);
    });
    const address: AddressInfo | string | null = server.address();
    if (typeof address === "object" && address !== null) this.#port = address.port;
    this.#server = server;
  }

  /** Cuts every connection and listens no more, as an engine that was killed; containers stay in memory. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** Cuts the connections that are open and goes on listening. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #see(request: IncomingMessage): SeenRequest {
    const seen = { method: request.method ?? "", url: request.url ?? "", headers: request.headers };
    if (this.requests.length >= requestsKept) this.requests.shift();
    this.requests.push(seen);
    return seen;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const seen = this.#see(request);
    const fault = this.fault(seen);
    if (fault === "hang") return;
    if (fault === "reset") {
      request.socket.destroy();
      return;
    }
    if (typeof fault === "function") {
      fault(response);
      return;
    }
    const { specs } = this.state;
    const { version, path, query } = split(seen.url);
    const fail = (status: number, message: string) => answer(response, status, { message });
    response.setHeader("Api-Version", specs.apiVersion);
    response.setHeader("Ostype", "linux");
    response.setHeader("Server", `Docker/${specs.version} (linux)`);
    const wrong = wrongVersion(version, specs);
    if (wrong) {
      fail(400, wrong);
      return;
    }
    for (const { method, pattern, handle } of this.#routes) {
      const found = method === seen.method ? pattern.exec(path) : null;
      if (!found) continue;
      const exchange: Exchange = {
        state: this.state,
        request,
        response,
        params: found.slice(1).map((part) => decodeURIComponent(part)),
        query,
        body: () => readBody(request),
        json: (status, value) => answer(response, status, value),
        empty: (status) => {
          response.writeHead(status);
          response.end();
        },
        fail,
      };
      try {
        await handle(exchange);
      } catch (error) {
        if (response.headersSent) request.socket.destroy();
        else fail(400, error instanceof Error ? error.message : String(error));
      }
      return;
    }
    fail(404, "page not found");
  }
}

/** Starts one; close it with stop(). */
export async function startFakeEngine(options: FakeEngineOptions = {}): Promise<FakeEngine> {
  const engine = new FakeEngine(options);
  await engine.start();
  return engine;
}

function idOf(name: string): string {
  const text = digestOf(name)
    .toUpperCase()
    .replaceAll("1", "Z")
    .replaceAll("0", "Y")
    .replaceAll("8", "X")
    .replaceAll("9", "W");
  return (text.slice(0, 48).match(/.{4}/g) ?? []).join(":");
}

function split(url: string): { version: string; path: string; query: URLSearchParams } {
  const [whole = "", search = ""] = url.split("?", 2);
  const found = /^\/v(\d+\.\d+)(\/.*)$/.exec(whole);
  return { version: found?.[1] ?? "", path: found?.[2] ?? whole, query: new URLSearchParams(search) };
}

function wrongVersion(version: string, specs: FakeEngineSpecs): string | undefined {
  if (version === "") return undefined;
  const number = (one: string) => Number(one.split(".")[0]) * 1000 + Number(one.split(".")[1]);
  if (number(version) < number(specs.minApiVersion))
    return `client version ${version} is too old. Minimum supported API version is ${specs.minApiVersion}, please upgrade your client to a newer version`;
  if (number(version) > number(specs.apiVersion))
    return `client version ${version} is too new. Maximum supported API version is ${specs.apiVersion}`;
  return undefined;
}

function answer(response: ServerResponse, status: number, value: unknown): void {
  const bytes = Buffer.from(`${JSON.stringify(value)}\n`);
  response.writeHead(status, { "Content-Type": "application/json", "Content-Length": bytes.length });
  response.end(bytes);
}

async function readBody(request: IncomingMessage): Promise<Json> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const whole = Buffer.concat(chunks).toString("utf8");
  const parsed: unknown = whole === "" ? {} : JSON.parse(whole);
  return record(parsed);
}
