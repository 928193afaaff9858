import type { Clock } from "../kit/clock.ts";
import { messageOf } from "../kit/errors.ts";
import type { Report } from "./events.ts";

/** Runs one step with its progress events; errors pass through. */
export async function runStep<T>(
  ctx: { readonly clock: Clock; readonly report: Report },
  machine: string,
  step: { readonly id: string; readonly title: string },
  task: () => Promise<T>,
): Promise<T> {
  const started = ctx.clock.monotonic();
  ctx.report({ type: "step", machine, step: step.id, title: step.title });
  try {
    const result = await task();
    const durationMs = Math.round(ctx.clock.monotonic() - started);
    ctx.report({ type: "done", machine, step: step.id, durationMs });
    return result;
  } catch (error) {
    ctx.report({ type: "failed", machine, step: step.id, message: messageOf(error) });
    throw error;
  }
}
