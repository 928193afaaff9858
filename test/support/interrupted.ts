import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Journal, parseJournal } from "../../src/store/journal.ts";
import { type MachineLab, machineProgram } from "./machine-lab.ts";

/** A run of the program that a test watches and may end at any moment. */
export interface WatchedRun {
  readonly child: ChildProcess;
  /** All that it printed so far. */
  printed(): string;
  /** Its end: exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
}

export function watchMachine(
  world: MachineLab,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): WatchedRun {
  return watchRun(
    world.lab.spawn(process.execPath, [machineProgram, ...args], { env: { ...world.env, ...env } }),
  );
}

/** Watches a run that was just started with pipes. */
export function watchRun(child: ChildProcess): WatchedRun {
  const chunks: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk) => chunks.push(String(chunk)));
  child.stdin?.end();
  const ended = new Promise<number | string>((resolve) => {
    child.once("close", (code, signal) => resolve(code ?? signal ?? "?"));
  });
  return { child, printed: () => chunks.join(""), ended };
}

/** A moment of a create: what its journal and its output show then. */
export type Moment = (seen: { journal: Journal | undefined; printed: string }) => boolean;

/** The journal shows that this step was begun; a short one may be over by the time somebody looks. */
export const atStep =
  (step: string): Moment =>
  ({ journal }) =>
    journal?.step === step || (journal?.done.includes(step) ?? false);

/** The journal announces something of this kind. */
export const making =
  (kind: string): Moment =>
  ({ journal }) =>
    journal?.resources.some((one) => one.kind === kind) ?? false;

export const printing =
  (pattern: RegExp): Moment =>
  ({ printed }) =>
    pattern.test(printed);

/** Waits for a moment of a create; @returns false when the run ended before */
export async function momentOf(
  world: Pick<MachineLab, "store">,
  name: string,
  run: WatchedRun,
  moment: Moment,
  limitMs = 240_000,
): Promise<boolean> {
  const path = join(world.store, "machines", name, ".journal.json");
  const end = performance.now() + limitMs;
  while (run.child.exitCode === null && run.child.signalCode === null) {
    if (moment({ journal: journalAt(path), printed: run.printed() })) return true;
    if (performance.now() > end) throw new Error(`the moment did not come:\n${run.printed()}`);
    await delay(3);
  }
  return false;
}

function journalAt(path: string): Journal | undefined {
  try {
    return parseJournal(readFileSync(path, "utf8"));
  } catch {
    return undefined; // not reserved yet, or done
  }
}
