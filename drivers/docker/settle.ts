import type { DriverContext, MadeResource } from "#driver";
import { poll } from "#kit/retry";
import type { Engine } from "./engine.ts";

/** An engine finishes a request whose sender was killed; so long it may take to show what it makes. */
const settleMs = 1_500;

/**
 * After a create that was cut off: gives the engine the time to finish what had been announced, so that what is removed
 * now does not appear afterwards.
 */
export async function settle(
  ctx: DriverContext,
  engine: Engine,
  announced: readonly MadeResource[],
): Promise<void> {
  const isThere = async ({ kind, id }: MadeResource) => {
    if (kind === "container") return (await engine.inspect(id)) !== undefined;
    if (kind === "network")
      return (await engine.call("GET", `/networks/${id}`, undefined, [404])) !== undefined;
    return true; // volumes are made in a moment, and forgotten with force
  };
  const all = async () => (await Promise.all(announced.map(isThere))).every(Boolean) || undefined;
  await poll(all, { clock: ctx.clock, timeoutMs: settleMs, intervalMs: 100 });
}
