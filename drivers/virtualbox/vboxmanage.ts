import { stat } from "node:fs/promises";
import type { DriverContext } from "#driver";
import { RunError, type RunResult } from "#kit/process";
import { explain } from "./errors.ts";
import { findVBoxManage } from "./find-vboxmanage.ts";

/** Runs VBoxManage with these arguments; a failure is an AppError that names cause and remedy. */
export type VBoxManage = (args: readonly string[], options?: { timeoutMs?: number }) => Promise<RunResult>;

/**
 * Failures that pass by themselves. "The object is not ready": VBoxSVC is starting. "Failed to create the VirtualBox
 * object": the call met VBoxSVC while it ended, which it does 5 s after its last client (seen with 7.2.22).
 */
const passing = /error: The object is not ready|Failed to create the VirtualBox object|NS_ERROR_CALL_FAILED/;
const locked = /already locked (for|by) a session|while it is locked|is already locked/;
const passingPausesMs = [100, 200, 300, 400, 700];
/** A session that ends, as after `controlvm poweroff`, holds the lock for some seconds. */
const lockedPausesMs = [100, 200, 400, 800, 1_500, 2_000];

/** The command line of VBoxManage, in English, patient with its passing failures. */
export function vboxManage(ctx: DriverContext): VBoxManage {
  let program: Promise<string> | undefined;
  return async (args, options = {}) => {
    program ??= findVBoxManage({ env: ctx.env, platform: ctx.platform, run: ctx.run, isFile });
    const file = await program;
    for (let attempt = 0; ; attempt++) {
      const outcome = await runOnce(ctx, file, args, options.timeoutMs ?? 60_000);
      if (!(outcome instanceof RunError)) return outcome;
      const pause = pausesAfter(outcome)[attempt];
      if (pause === undefined) throw explain(outcome);
      await ctx.clock.delay(pause, ctx.signal);
    }
  };
}

function pausesAfter(error: RunError): readonly number[] {
  if (error.why !== "exit") return [];
  if (passing.test(error.stderr)) return passingPausesMs;
  return locked.test(error.stderr) ? lockedPausesMs : [];
}

async function runOnce(
  ctx: DriverContext,
  file: string,
  args: readonly string[],
  timeoutMs: number,
): Promise<RunResult | RunError> {
  try {
    const result = await ctx.run(file, args, { env: { LC_ALL: "C", LANG: "C" }, timeoutMs });
    // VBoxManage can report an error and exit 0 all the same
    if (!/error:/.test(result.stderr)) return result;
    const command = [file, ...args].join(" ");
    return new RunError("exit", command, `${command} failed`, result);
  } catch (error) {
    if (error instanceof RunError) return error;
    throw error;
  }
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false; // not there, or not to be looked at: the same to a search
  }
}
