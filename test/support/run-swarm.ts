import { systemClock } from "../../src/kit/clock.ts";
import { runSwarm, type SwarmIo } from "../../src/swarm/cli/program.ts";

export interface SwarmRun {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a command line of `swarm` in this process; nothing of the machine's routes or environment is seen. */
export async function runSwarmCommand(
  args: readonly string[],
  more: Partial<Pick<SwarmIo, "env" | "signal" | "clock">> & {
    routes?: string;
    onOutput?: (text: string) => void;
  } = {},
): Promise<SwarmRun> {
  const run = { code: 0, stdout: "", stderr: "" };
  run.code = await runSwarm(args, {
    program: "swarm",
    env: more.env ?? {},
    clock: more.clock ?? systemClock,
    random: () => 0,
    routes: async () => more.routes ?? "",
    signal: more.signal ?? new AbortController().signal,
    out: (text) => {
      run.stdout += text;
      more.onOutput?.(text);
    },
    err: (text) => {
      run.stderr += text;
    },
  });
  return run;
}
