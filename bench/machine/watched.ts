import type { ChildProcess } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { round } from "./median.ts";

export interface Stage {
  readonly title: string;
  readonly seconds: number;
}

export interface Watched {
  readonly wallSeconds: number;
  /**
   * Time in which no child of the program ran and one of its own threads ran, was ready to run or waited for the
   * disk: what was left was waiting for an engine or a guest. From samples; a busy computer makes it longer.
   */
  readonly ownSeconds: number;
  /** CPU time of the program itself, without its children. */
  readonly cpuSeconds: number;
  /** What it printed as it went on, with the time until the next line. */
  readonly stages: readonly Stage[];
}

const sampleMs = 10;

/** Watches one run of the program from outside until it ends; throws with what it printed where it fails. */
export async function watch(child: ChildProcess): Promise<Watched> {
  const started = performance.now();
  const pid = child.pid ?? 0;
  const lines: { text: string; at: number }[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (stream)
      createInterface({ input: stream }).on("line", (text) => lines.push({ text, at: performance.now() }));
  }
  let ownMs = 0;
  let cpuTicks = 0;
  let last = started;
  const timer = setInterval(() => {
    const now = performance.now();
    const seen = look(pid);
    if (seen !== undefined) {
      if (seen.isOwn) ownMs += now - last;
      cpuTicks = seen.cpuTicks;
    }
    last = now;
  }, sampleMs);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  clearInterval(timer);
  const ended = performance.now();
  if (code !== 0) throw new Error(`it ended with ${code}:\n${lines.map(({ text }) => text).join("\n")}`);
  const stages = lines.map(({ text, at }, index) => ({
    title: text,
    seconds: round(((lines[index + 1]?.at ?? ended) - at) / 1000),
  }));
  return {
    wallSeconds: round((ended - started) / 1000),
    ownSeconds: round(ownMs / 1000),
    cpuSeconds: round(cpuTicks / 100),
    stages,
  };
}

/** What a process does now; undefined when it is gone. Source: proc(5). */
function look(pid: number): { isOwn: boolean; cpuTicks: number } | undefined {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
    const isActive = readdirSync(`/proc/${pid}/task`).some((thread) =>
      "RD".includes(statFields(`/proc/${pid}/task/${thread}/stat`)[0] ?? "S"),
    );
    const fields = statFields(`/proc/${pid}/stat`);
    return { isOwn: children === "" && isActive, cpuTicks: Number(fields[11]) + Number(fields[12]) };
  } catch {
    return undefined; // the process, or one of its threads, ended meanwhile
  }
}

function statFields(file: string): string[] {
  const text = readFileSync(file, "utf8");
  return text.slice(text.lastIndexOf(")") + 2).split(" ");
}
