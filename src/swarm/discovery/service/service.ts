import type { IncomingMessage, ServerResponse } from "node:http";
import type { Clock } from "../../../kit/clock.ts";
import type { SwarmLog } from "../../log.ts";
import { mayWrite, presentsToken } from "./auth.ts";
import { type ClusterBook, openClusterBook } from "./book.ts";
import { routeRequest } from "./routes.ts";

export interface DiscoveryServiceOptions {
  /** Directory that keeps the clusters; none: in memory only. */
  dir?: string;
  /** TTL of a registration that names none; default 180. */
  defaultTtlSeconds?: number;
  /** What needs a verified client certificate: nothing, all that changes something, or all. */
  requireClientCertFor: "nothing" | "register" | "everything";
  /** Every request must then carry `Authorization: Bearer <token>`. */
  bearerToken?: string;
  clock: Clock;
  log: SwarmLog;
}

/** The token service: mounted by `swarm discovery serve` and by the manager. */
export interface DiscoveryService {
  /** Answers requests to /v1/clusters…; false (and nothing done) for every other path. */
  handle(request: IncomingMessage, response: ServerResponse): boolean;
  readonly clusters: ClusterBook;
  close(): Promise<void>;
}

const prefix = "/v1/clusters";

/**
 * Makes the service that the hosted discovery of Swarm 1.2.9 was, with names, locks and access control.
 * Source: docs/discovery.md, "The protocol".
 */
export async function createDiscoveryService(options: DiscoveryServiceOptions): Promise<DiscoveryService> {
  const clusters = await openClusterBook(options);
  return {
    clusters,
    handle(request, response) {
      const [path = "", query = ""] = (request.url ?? "").split("?", 2);
      if (path !== prefix && !path.startsWith(`${prefix}/`)) return false;
      const call = {
        method: request.method ?? "GET",
        rest: path.slice(prefix.length),
        query: new URLSearchParams(query),
        request,
        response,
        clusters,
        defaultTtlSeconds: options.defaultTtlSeconds ?? 180,
        clock: options.clock,
        mayWrite: () => mayWrite(request, options),
      };
      if (!presentsToken(request, options)) {
        response.writeHead(401, { "WWW-Authenticate": "Bearer", "Content-Type": "text/plain" });
        response.end("this discovery service wants a bearer token\n");
        request.resume();
        return true;
      }
      void routeRequest(call).catch((error: unknown) => {
        options.log.error(`discovery service: ${error instanceof Error ? error.message : String(error)}`);
        if (!response.headersSent) response.writeHead(500, { "Content-Type": "text/plain" });
        response.end("the discovery service failed; its log says why\n");
      });
      return true;
    },
    close: () => clusters.close(),
  };
}
