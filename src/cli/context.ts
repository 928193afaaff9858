import type { DriverIndex } from "../driver/driver.ts";
import { driverRegistry } from "../driver/registry.ts";
import { systemClock } from "../kit/clock.ts";
import type { Log } from "../kit/log.ts";
import { realRun } from "../kit/process.ts";
import { defaultDeadlines, type MachineContext } from "../machine/context.ts";
import { openStore } from "../store/file-store.ts";
import type { ClusterParts, CommandContext, GlobalOptions, Io } from "./command.ts";
import { deadlinesFrom } from "./deadlines.ts";
import { consoleLog } from "./log.ts";
import type { MakeContext } from "./program.ts";
import { makeProgress } from "./progress.ts";
import type { Extra, Seams } from "./seams.ts";

/** What a context is made of, besides what the command line says. */
export interface Parts {
  readonly drivers: DriverIndex;
  readonly seams: Seams;
  clusterParts(machines: MachineContext, extra: Extra): Promise<ClusterParts>;
}

/** The factory of contexts over real parts. */
export function contextFactory(parts: Parts): MakeContext {
  return (io, options, asked) => {
    const log = consoleLog(io, options.debug);
    const progress = makeProgress(io, { json: asked.json, debug: options.debug });
    const all = once(async () => machineContext(parts, io, options, log, progress.report, asked.signal));
    const context: CommandContext = {
      io,
      options,
      log,
      progress,
      signal: asked.signal,
      machines: async () => (await all()).machines,
      clusterParts: once(async () => {
        const { machines, extra } = await all();
        return parts.clusterParts(machines, extra);
      }),
      driverNames: () => Object.keys(parts.drivers),
    };
    return context;
  };
}

function machineContext(
  { drivers, seams }: Parts,
  io: Io,
  options: GlobalOptions,
  log: Log,
  report: MachineContext["report"],
  signal: AbortSignal,
): { machines: MachineContext; extra: Extra } {
  const store = openStore(options.storageRoot, { clock: systemClock, log });
  const run = realRun(log);
  const { localImage, ...outside } = seams.open({ io, options, log, run, report, signal, store });
  const machines: MachineContext = {
    ...outside,
    run,
    log,
    report,
    signal,
    store,
    clock: systemClock,
    env: io.env,
    platform: io.platform,
    arch: process.arch,
    drivers: driverRegistry(drivers),
    probe: async (...asked) => (await import("../machine/engine-probe.ts")).probeEngine(...asked),
    deadlines: deadlinesFrom(io.env, defaultDeadlines),
  };
  return { machines, extra: { localImage } };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
