import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { LoadResult, LoadSpec } from "./load.ts";

const here = import.meta.dirname;
export const root = join(here, "..", "..");
const tsx = ["--import", "tsx"];

/** A program of the bench that runs beside; it ends when its stdin does. */
export interface Helper {
  readonly child: ChildProcess;
  /** The first line that it printed, parsed. */
  readonly first: unknown;
  stop(): Promise<void>;
}

/** Starts a program of this folder and waits for its first line. */
export async function startHelper(file: string, args: readonly string[]): Promise<Helper> {
  const child = spawn(process.execPath, [...tsx, join(here, file), ...args], {
    cwd: root,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const line = await firstLine(child);
  return {
    child,
    first: JSON.parse(line),
    async stop() {
      child.stdin?.end();
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    child.once("exit", (code) => reject(new Error(`a program of the bench ended with ${code}: ${text}`)));
    child.stdout?.on("data", (chunk: Buffer) => {
      text += chunk.toString("utf8");
      const end = text.indexOf("\n");
      if (end >= 0) resolve(text.slice(0, end));
    });
  });
}

/** Starts the built `swarm manage` (or the program that SWARM_PROGRAM names) over a file of addresses; the port is one that was free a moment ago. */
export function startManager(port: number, file: string): ChildProcess {
  return spawn(
    process.execPath,
    [
      process.env["SWARM_PROGRAM"] ?? join(root, "bin", "swarm.js"),
      "manage",
      "-H",
      `tcp://127.0.0.1:${port}`,
      `file://${file}`,
    ],
    { cwd: root, stdio: ["ignore", "ignore", "inherit"], env: { ...process.env, NODE_ENV: "production" } },
  );
}

export async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), 20_000);
  await ended;
  clearTimeout(timer);
}

/** Runs one load in a process of its own. */
export async function load(spec: Partial<LoadSpec> & Pick<LoadSpec, "port">): Promise<LoadResult> {
  const whole: LoadSpec = {
    kind: "get",
    host: "127.0.0.1",
    clients: 1,
    requests: 1_000_000,
    seconds: 5,
    paths: [],
    warmUp: 3,
    name: "",
    ...spec,
  };
  const child = spawn(process.execPath, [...tsx, join(here, "load.ts"), JSON.stringify(whole)], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
  });
  return JSON.parse(await firstLine(child));
}

const ticksPerSecond = 100;

/** CPU seconds that a process has used. */
export function cpuSeconds(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** Resident memory now and at its highest, MiB. */
export function memoryMiB(pid: number): { now: number; peak: number } {
  const text = readFileSync(`/proc/${pid}/status`, "utf8");
  const read = (key: string) =>
    Math.round(Number(new RegExp(`${key}:\\s+(\\d+)`).exec(text)?.[1] ?? 0) / 1024);
  return { now: read("VmRSS"), peak: read("VmHWM") };
}
