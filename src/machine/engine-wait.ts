import { messageOf } from "../kit/errors.ts";
import { poll } from "../kit/retry.ts";
import { engineTarget } from "./certificates.ts";
import { type EngineAnswer, ProbeError } from "./engine-probe.ts";
import { engineNotReady } from "./errors.ts";
import type { Machine } from "./machine.ts";

/**
 * Waits until the machine's engine answers over TLS.
 * @throws ENGINE_NOT_READY with the last reason
 */
export async function waitForEngine(machine: Machine): Promise<EngineAnswer> {
  const { ctx, record } = machine;
  const target = await engineTarget(record.HostOptions.AuthOptions, await machine.driver.url());
  const signal = ctx.signal === undefined ? {} : { signal: ctx.signal };
  let last: unknown;
  const answer = await poll(
    async () => {
      try {
        return await ctx.probe(target, { timeoutMs: Math.min(5_000, ctx.deadlines.tlsMs), ...signal });
      } catch (error) {
        if (!(error instanceof ProbeError)) throw error;
        last = error;
        return undefined;
      }
    },
    { clock: ctx.clock, timeoutMs: ctx.deadlines.engineMs, intervalMs: 100, maxIntervalMs: 1_000, ...signal },
  );
  if (answer === undefined) {
    throw engineNotReady(machine.name, ctx.deadlines.engineMs, messageOf(last), last);
  }
  return answer;
}
