import type { ClusterParts, CommandContext, GlobalOptions, Io } from "../../src/cli/command.ts";
import { consoleLog } from "../../src/cli/log.ts";
import { runProgram } from "../../src/cli/program.ts";
import { makeProgress } from "../../src/cli/progress.ts";
import type { SwarmTools } from "../../src/cluster/swarm-machine.ts";
import type { MachineContext } from "../../src/machine/context.ts";
import { type MachineWorld, machineWorld, noClusters, type WorldOptions } from "./machine-world.ts";

/** What one command line gave. */
export interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

export interface RunOptions {
  /** A world that lives through several commands; without it the command gets one of its own. */
  readonly world?: MachineWorld;
  readonly worldOptions?: WorldOptions;
  readonly env?: Record<string, string>;
  readonly platform?: NodeJS.Platform;
  /** Lines of stdin; none is the end of input. */
  readonly answers?: readonly string[];
  readonly terminals?: ReadonlyArray<"stdin" | "stdout" | "stderr">;
  readonly cluster?: Partial<ClusterParts>;
  readonly signal?: AbortSignal;
  readonly parentPid?: number;
}

/** Runs a command line, without the program's name, in this process. */
export async function runMachine(
  line: string | readonly string[],
  options: RunOptions = {},
): Promise<Outcome> {
  if (options.world !== undefined) return runIn(options.world, line, options);
  await using world = await machineWorld(options.worldOptions);
  return await runIn(world, line, options);
}

async function runIn(
  world: MachineWorld,
  line: string | readonly string[],
  options: RunOptions,
): Promise<Outcome> {
  const written = { stdout: "", stderr: "" };
  const words = typeof line === "string" ? splitWords(line) : line;
  const io = recordingIo(words, options, written);
  const exitCode = await runProgram({
    io,
    version: "machine version 9.9.9, build test",
    signal: options.signal ?? new AbortController().signal,
    makeContext: (_io, globals, asked) => context(world, io, globals, asked, options),
  });
  return { ...written, exitCode };
}

function recordingIo(
  words: readonly string[],
  options: RunOptions,
  written: { stdout: string; stderr: string },
): Io {
  const answers = [...(options.answers ?? [])];
  return {
    out: (text) => {
      written.stdout += text;
    },
    err: (text) => {
      written.stderr += text;
    },
    isTerminal: (stream) => options.terminals?.includes(stream) ?? false,
    columns: () => 80,
    rows: () => 24,
    ask: async (question) => {
      written.stderr += question;
      return answers.shift();
    },
    env: { HOME: "/home/alice", SHELL: "/bin/bash", ...options.env },
    platform: options.platform ?? "linux",
    cwd: "/work",
    argv: ["/usr/local/bin/machine", ...words],
    parentPid: options.parentPid ?? 0,
  };
}

function context(
  world: MachineWorld,
  io: Io,
  globals: GlobalOptions,
  asked: { json: boolean; signal: AbortSignal },
  options: RunOptions,
): CommandContext {
  const progress = makeProgress(io, { json: asked.json, debug: globals.debug });
  const report: MachineContext["report"] = (event) => {
    world.events.push(event);
    progress.report(event);
  };
  const machines: MachineContext = {
    ...world.ctx,
    report,
    env: { ...world.ctx.env, ...io.env },
    platform: io.platform,
    signal: asked.signal,
  };
  return {
    io,
    options: globals,
    log: consoleLog(io, globals.debug),
    progress,
    signal: asked.signal,
    machines: async () => machines,
    clusterParts: async () => ({ ...noCluster, ...options.cluster }),
    driverNames: () => world.ctx.drivers.names(),
  };
}

const noTools: SwarmTools = {
  engineOf: () => Promise.reject(new Error("there is no engine in this world")),
  localImage: async () => undefined,
  managerInfo: () => Promise.reject(new Error("there is no manager in this world")),
};

const noCluster: ClusterParts = {
  view: noClusters,
  actions: async () => ({ createSteps: () => [], hooks: {}, tools: noTools }),
  planSwarm: async (choice) => choice,
  mastersNamed: async (name) => [name],
};

/** Words as a shell would split them: blanks part, quotes join. */
function splitWords(line: string): string[] {
  const words = line.match(/(?:[^\s"']|"[^"]*"|'[^']*')+/g) ?? [];
  return words.map((word) => word.replace(/"([^"]*)"|'([^']*)'/g, (_all, a, b) => String(a ?? b)));
}
