import { availableParallelism, freemem } from "node:os";
import type { FlagValues } from "../driver/flags.ts";
import { usageError } from "../kit/errors.ts";

const bytesPerMachine = 1024 ** 3;
const least = 2;
const most = 16;

/** How many machines this computer makes well at once: making one keeps half a core busy and wants 1 GiB. */
export function fittingWidth(cores: number, freeBytes: number): number {
  return Math.max(least, Math.min(most, cores * 2, Math.floor(freeBytes / bytesPerMachine)));
}

/** `--parallel`, or what fits this computer. @throws USAGE */
export function parallelWidth(flags: FlagValues): number {
  const width = flags.int("parallel");
  if (width < 0) throw usageError(`--parallel takes a number from 0 on, not ${width}`);
  return width === 0 ? fittingWidth(availableParallelism(), freemem()) : width;
}
