import { type IncomingMessage, ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { messageOf } from "../../kit/errors.ts";
import { SwarmError } from "../errors.ts";
import { errorAnswer } from "./answer-error.ts";
import { apiVersion, serverName } from "./api.ts";
import { Exchange, type Takeover } from "./exchange.ts";
import type { Manager } from "./manager-state.ts";
import type { EmbeddedService } from "./options.ts";
import { type Match, RouteTable, splitUrl } from "./route.ts";
import { routes } from "./routes.ts";

export interface DispatchOptions {
  manager: Manager;
  cors: boolean;
  services: readonly EmbeddedService[];
}

const corsHeaders = {
  "Access-Control-Allow-Origin": "*",
  "Access-Control-Allow-Headers": "Origin, X-Requested-With, Content-Type, Accept",
  "Access-Control-Allow-Methods": "GET, POST, DELETE, PUT, OPTIONS, HEAD",
} as const;

/** Takes each request to the line of the table that serves it, or to the primary. */
export class Dispatcher {
  readonly #options: DispatchOptions;
  readonly #table = new RouteTable(routes);

  constructor(options: DispatchOptions) {
    this.#options = options;
  }

  /** An ordinary request; never rejects. */
  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { manager, cors, services } = this.#options;
    response.on("error", () => undefined); // the client went away: "close" tells
    if (cors) for (const [name, value] of Object.entries(corsHeaders)) response.setHeader(name, value);
    if (cors && request.method === "OPTIONS") {
      response.writeHead(200).end();
      return;
    }
    if (services.some((service) => service(request, response))) return;
    const { exchange, match } = this.#open(request, response, undefined);
    const endTimer = manager.metrics.begin(match?.route.pattern ?? "none", exchange.method);
    try {
      await this.#run(exchange, match);
    } catch (error) {
      this.#fail(exchange, error);
    } finally {
      endTimer(response.statusCode);
    }
  }

  /** Whether a request that asks for another protocol gets it here; others are served as ordinary ones. */
  wantsTakeover(request: IncomingMessage): boolean {
    const { path } = splitUrl(request.url ?? "/");
    return this.#table.find(request.method ?? "GET", path)?.route.isHijack === true;
  }

  /** A request whose connection is taken over; never rejects. */
  async take(request: IncomingMessage, takeover: Takeover): Promise<void> {
    const { exchange, match } = this.#open(request, new ServerResponse(request), takeover);
    const endTimer = this.#options.manager.metrics.begin(match?.route.pattern ?? "none", exchange.method);
    try {
      await this.#run(exchange, match);
      endTimer(101);
    } catch (error) {
      const answer = errorAnswer(error, exchange.apiVersion);
      endTimer(answer.status);
      this.#logError(exchange, answer.status, answer.message);
      refuse(takeover.socket, answer.status, answer.body, answer.contentType);
    }
  }

  #open(
    request: IncomingMessage,
    response: ServerResponse,
    takeover: Takeover | undefined,
  ): { exchange: Exchange; match: Match | undefined } {
    const { manager } = this.#options;
    const url = splitUrl(request.url ?? "/");
    const match = this.#table.find(request.method ?? "GET", url.path);
    const exchange = new Exchange({
      manager,
      request,
      response,
      ...url,
      params: match?.params ?? [],
      takeover,
    });
    manager.log.debug("HTTP request received", { method: exchange.method, uri: request.url ?? "" });
    return { exchange, match };
  }

  async #run(exchange: Exchange, match: Match | undefined): Promise<void> {
    const { manager } = this.#options;
    const { primaryLink } = manager;
    const isForeign = primaryLink !== undefined && match?.route.isLocal !== true;
    if (isForeign && !manager.isPrimary() && (await primaryLink.pass(exchange))) return;
    const { response } = exchange;
    response.setHeader("Api-Version", apiVersion);
    response.setHeader("Server", serverName);
    if (!match) throw new SwarmError(404, "404 page not found");
    await match.route.handle(exchange);
  }

  #fail(exchange: Exchange, error: unknown): void {
    const { response } = exchange;
    if (response.destroyed) return;
    const answer = errorAnswer(error, exchange.apiVersion);
    this.#logError(exchange, answer.status, answer.message);
    if (response.headersSent) {
      response.destroy(); // too late for a status: the client sees a cut answer
      return;
    }
    for (const name of ["Content-Length", "Content-Encoding"]) response.removeHeader(name);
    // what is left of a body is not read: the connection cannot serve another request
    const isUnread = !exchange.request.complete;
    exchange.text(answer.status, answer.body, answer.contentType, {
      ...(answer.contentType.startsWith("text/") ? { "X-Content-Type-Options": "nosniff" } : {}),
      ...(isUnread ? { Connection: "close" } : {}),
    });
    if (isUnread) exchange.request.resume();
    if (!(error instanceof SwarmError)) {
      const stack = error instanceof Error ? (error.stack ?? "") : messageOf(error);
      this.#options.manager.log.debug("Unexpected error", { stack });
    }
  }

  #logError(exchange: Exchange, status: number, message: string): void {
    if (exchange.signal.aborted) return;
    this.#options.manager.log.error(`HTTP error: ${message}`, { status });
  }
}

/** Answers on a connection that was taken over already. */
function refuse(socket: Duplex, status: number, body: string, contentType: string): void {
  if (socket.destroyed) return;
  socket.on("error", () => socket.destroy());
  socket.resume();
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Error"}`,
    `Api-Version: ${apiVersion}`,
    `Content-Type: ${contentType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Connection: close",
  ];
  socket.end(`${lines.join("\r\n")}\r\n\r\n${body}`);
}
