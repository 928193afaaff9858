import { SwarmError } from "../../errors.ts";
import type { Exchange } from "../exchange.ts";
import { proxy } from "../proxy.ts";

/** What any node can answer: search, auth, distribution. */
export async function proxyToAny(exchange: Exchange): Promise<void> {
  const node = exchange.manager.cluster.selectNode({});
  const query = exchange.rawQuery === "" ? "" : `?${exchange.rawQuery}`;
  await proxy(exchange, node, { path: `${exchange.path}${query}` });
}

/** Parts of Docker's API that make no sense over several engines. */
export function notSupported(): never {
  throw new SwarmError(501, "Not supported in clustering mode.");
}

/** Swarm mode is another thing by the same name. */
export function noSwarmMode(): never {
  throw new SwarmError(
    503,
    "This is a manager of a standalone Swarm; it has no services, stacks, secrets or configs. Run containers instead, or talk to an engine in swarm mode directly.",
  );
}
