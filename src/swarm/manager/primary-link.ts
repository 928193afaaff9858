import { request as httpRequest, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Clock } from "../../kit/clock.ts";
import { messageOf } from "../../kit/errors.ts";
import type { EngineClient } from "../engine/client.ts";
import { HttpEngineClient } from "../engine/http-client.ts";
import { openTlsContext } from "../engine/tls.ts";
import { SwarmError } from "../errors.ts";
import type { Leadership } from "../leadership/leadership.ts";
import type { Exchange } from "./exchange.ts";
import { headText, joinConnections } from "./hijack.ts";
import type { ManagerTls } from "./options.ts";
import { hasBody, passAnswer, requestHeaders } from "./proxy.ts";

/** Says how many managers a request went through already. */
const hopsHeader = "X-Swarm-Hops";
const mostHops = 2;
const dialTimeoutMs = 5_000;
const retryPauseMs = 250;
const nothing: ReadonlySet<string> = new Set();

export interface PrimaryLinkOptions {
  leadership: Leadership;
  tls: ManagerTls | undefined;
  clock: Clock;
  /** How long a request waits for a primary that can be reached, ms. */
  waitMs: number;
}

/** Passes requests of a replica to the primary; waits through an election instead of failing. */
export class PrimaryLink {
  readonly #options: PrimaryLinkOptions;
  readonly #tls: ReturnType<typeof openTlsContext> | undefined;

  constructor(options: PrimaryLinkOptions) {
    this.#options = options;
    this.#tls = options.tls && openTlsContext(options.tls);
  }

  /** @returns false when this manager itself is primary now; nothing was read or written then */
  async pass(exchange: Exchange): Promise<boolean> {
    const hops = Number(exchange.header(hopsHeader.toLowerCase()) ?? 0) || 0;
    const mayAskAgain = exchange.method === "GET" || exchange.method === "HEAD";
    for (;;) {
      const reached = await this.#reach(exchange, hops);
      if (!reached) return false;
      if (exchange.takeover) {
        const { takeover, request } = exchange;
        const extra = [`${hopsHeader}: ${hops + 1}`];
        reached.far.write(headText(request, request.url ?? "/", reached.addr, takeover.isUpgrade, extra));
        await joinConnections(takeover, reached.far);
        return true;
      }
      const answer = await this.#ask(exchange, reached, hops);
      if (answer) {
        await passAnswer(answer, exchange.response, nothing);
        return true;
      }
      if (!mayAskAgain) {
        throw new SwarmError(
          503,
          "the primary was lost before it answered; whether the request was carried out is not known",
        );
      }
    }
  }

  /** A connection to the primary, or undefined when that is this manager. */
  async #reach(exchange: Exchange, hops: number): Promise<{ far: Duplex; addr: string } | undefined> {
    const { leadership, clock, waitMs } = this.#options;
    const deadline = clock.monotonic() + waitMs;
    let failure = "";
    for (;;) {
      if (leadership.isPrimary()) return undefined;
      const addr = leadership.primary();
      if (addr !== "" && hops < mostHops) {
        try {
          return { far: await this.#dial(addr, exchange.signal), addr };
        } catch (error) {
          failure = `Unable to reach primary cluster manager (${messageOf(error)}): ${addr}`;
        }
      }
      exchange.signal.throwIfAborted();
      const leftMs = deadline - clock.monotonic();
      if (leftMs <= 0) break;
      if (addr === "") await leadership.whenElected(leftMs);
      else await clock.delay(Math.min(retryPauseMs, leftMs), exchange.signal);
    }
    if (failure !== "") throw new SwarmError(500, failure);
    throw new SwarmError(503, "No elected primary cluster manager");
  }

  async #dial(addr: string, signal: AbortSignal): Promise<Duplex> {
    const client: EngineClient = new HttpEngineClient({
      addr,
      tls: this.#tls,
      timeoutMs: dialTimeoutMs,
      onOutcome: () => undefined,
    });
    try {
      return await client.connect(signal);
    } finally {
      client.close();
    }
  }

  /** @returns undefined when the primary was lost before its answer began */
  #ask(
    exchange: Exchange,
    { far, addr }: { far: Duplex; addr: string },
    hops: number,
  ): Promise<IncomingMessage | undefined> {
    const { leadership } = this.#options;
    const { request, signal } = exchange;
    return new Promise((resolve, reject) => {
      const outgoing = httpRequest({
        method: exchange.method,
        path: request.url ?? "/",
        headers: {
          Host: addr,
          ...requestHeaders(request),
          [hopsHeader]: String(hops + 1),
          Connection: "close",
        },
        createConnection: () => far,
      });
      const onAbort = () => outgoing.destroy(new Error("the client went away"));
      // a primary that hangs keeps its connections; only the election tells that it is none any more
      const stopListening = leadership.onChange(() => {
        if (leadership.primary() !== addr) outgoing.destroy(new Error("the primary changed"));
      });
      const settle = () => {
        stopListening();
        signal.removeEventListener("abort", onAbort);
      };
      signal.addEventListener("abort", onAbort, { once: true });
      outgoing.once("response", (answer) => {
        stopListening();
        resolve(answer);
      });
      outgoing.once("error", (error) => {
        settle();
        if (signal.aborted) reject(error);
        else resolve(undefined);
      });
      outgoing.once("close", settle);
      if (hasBody(request.headers)) {
        request.pipe(outgoing);
        outgoing.once("close", () => request.unpipe(outgoing));
      } else outgoing.end();
    });
  }
}
