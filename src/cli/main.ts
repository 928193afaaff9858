import { setMaxListeners } from "node:events";
import { drivers } from "../../drivers/index.ts";
import { AppError } from "../kit/errors.ts";
import { clusterParts } from "./cluster-parts.ts";
import { programName } from "./names.ts";
import { runProgram } from "./program.ts";
import { realIo } from "./real-io.ts";
import { realSeams } from "./real-seams.ts";
import { versionLine } from "./version.ts";

/** Runs the command line of this process: the composition root. */
async function main(): Promise<never> {
  const io = realIo();
  const code = await runProgram({
    io,
    version: versionLine(programName(io)),
    makeContext: async (...asked) => {
      const { contextFactory } = await import("./context.ts");
      return contextFactory({ drivers, seams: realSeams, clusterParts })(...asked);
    },
    signal: interruption(),
  });
  // nothing that still waits may keep a finished command alive
  process.exit(code);
}

/** Aborts at the first Ctrl-C, so that what was made is removed again; the second one ends the process at once. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal); // every call of every machine listens
  const stop = () => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort(new AppError("INTERRUPTED", "interrupted", { exitCode: 130 }));
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);
  return controller.signal;
}

void main();
