import { setTimeout } from "node:timers/promises";
import { getHeapSpaceStatistics, getHeapStatistics } from "node:v8";
import { SwarmError } from "../../errors.ts";
import type { Exchange } from "../exchange.ts";

const longestProfileSeconds = 120;

/** GET /debug/pprof/…, only of a manager started with the global --debug. */
export async function debug(exchange: Exchange): Promise<void> {
  if (!exchange.manager.isDebug) throw new SwarmError(404, "404 page not found");
  switch (exchange.name) {
    case "heap":
      exchange.json(200, {
        ...getHeapStatistics(),
        memory: process.memoryUsage(),
        spaces: getHeapSpaceStatistics(),
      });
      return;
    case "goroutine":
      exchange.json(200, process.getActiveResourcesInfo());
      return;
    case "cmdline":
      exchange.text(200, process.argv.join("\0"), "text/plain; charset=utf-8");
      return;
    case "profile":
      exchange.json(200, await cpuProfile(exchange));
      return;
    default:
      throw new SwarmError(404, "404 page not found");
  }
}

/** GET /debug/pprof/. */
export function debugIndex(exchange: Exchange): void {
  if (!exchange.manager.isDebug) throw new SwarmError(404, "404 page not found");
  exchange.text(200, "heap\ngoroutine\ncmdline\nprofile?seconds=30\n", "text/plain; charset=utf-8");
}

/** A CPU profile in the format of Chrome's developer tools. */
async function cpuProfile(exchange: Exchange): Promise<unknown> {
  const { Session } = await import("node:inspector/promises");
  const seconds = Number(exchange.query.get("seconds") ?? 30);
  const spanMs = Math.min(Math.max(1, seconds || 30), longestProfileSeconds) * 1000;
  const session = new Session();
  session.connect();
  try {
    await session.post("Profiler.enable");
    await session.post("Profiler.start");
    await setTimeout(spanMs, undefined, { signal: exchange.signal });
    return (await session.post("Profiler.stop")).profile;
  } finally {
    session.disconnect();
  }
}
