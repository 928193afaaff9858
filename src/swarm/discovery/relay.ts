import { messageOf } from "../../kit/errors.ts";
import type { SwarmLog } from "../log.ts";
import { type Listening, listen } from "./service/listen.ts";

const relayPort = 3375;
const page = /^\/v1\/clusters\/([A-Za-z0-9_-][A-Za-z0-9_.-]{0,127})$/;

/**
 * Answers `GET /v1/clusters/ID` in plain HTTP and nothing else, for containers of the machine that have no certificate.
 * @param find the members of a cluster as this process can learn them
 * Source: docs/discovery.md, "On a machine".
 */
export function startRelay(
  address: string,
  find: (id: string) => Promise<readonly string[]>,
  log: SwarmLog,
): Promise<Listening> {
  return listen(address, (request, response) => {
    request.resume();
    const send = (status: number, type: string, body: string) => {
      response.writeHead(status, { "Content-Type": type, "Content-Length": Buffer.byteLength(body) });
      response.end(body);
    };
    const id = page.exec((request.url ?? "").split("?", 1)[0] ?? "")?.[1];
    if (request.method !== "GET") return send(403, "text/plain", "this relay only lists\n");
    if (id === undefined) return send(404, "text/plain", "no such page\n");
    find(id).then(
      (addrs) => send(200, "application/json", JSON.stringify(addrs)),
      (error: unknown) => {
        log.warn(`discovery relay: ${messageOf(error)}`);
        send(502, "text/plain", "the discovery service does not answer\n");
      },
    );
  });
}

/**
 * The URL where the machine that this container runs on would have its relay.
 * @param routes content of /proc/net/route
 * @returns undefined without a default route
 */
export function relayUrl(routes: string): string | undefined {
  const gateway = defaultGateway(routes);
  return gateway === undefined ? undefined : `http://${gateway}:${relayPort}/v1`;
}

/** Finds the default gateway in /proc/net/route, where addresses are hexadecimal, lowest byte first. Source: proc(5). */
function defaultGateway(table: string): string | undefined {
  for (const line of table.split("\n").slice(1)) {
    const [, destination, gateway, flags] = line.trim().split(/\s+/);
    const isGateway = (Number.parseInt(flags ?? "0", 16) & 2) !== 0;
    if (destination !== "00000000" || gateway === undefined || !isGateway || gateway === "00000000") continue;
    if (!/^[0-9A-Fa-f]{8}$/.test(gateway)) continue;
    return [6, 4, 2, 0].map((at) => Number.parseInt(gateway.slice(at, at + 2), 16)).join(".");
  }
  return undefined;
}
