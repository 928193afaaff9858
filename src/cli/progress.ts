import type { ProgressEvent } from "../machine/events.ts";
import type { Io, Progress } from "./command.ts";

/** What one machine is doing: shared by the renderers. */
interface Lines {
  event(event: ProgressEvent): void;
  end(): void;
}

/**
 * The renderer for where the output goes: JSON lines on stdout for programs, a live list on a terminal, lines that begin
 * with "(NAME)" elsewhere. Nothing is made before the first event.
 */
export function makeProgress(io: Io, options: { json: boolean; debug: boolean }): Progress {
  let lines: Lines | undefined;
  let opening: Promise<void> | undefined;
  const waiting: ProgressEvent[] = [];
  const isLive = () => !options.debug && io.isTerminal("stderr") && io.env["TERM"] !== "dumb";
  const open = async () => {
    const { liveLines } = await import("./progress-live.ts");
    lines = liveLines(io);
    for (const event of waiting.splice(0)) lines.event(event);
  };
  return {
    report(event) {
      if (opening === undefined && lines === undefined) {
        if (options.json) lines = jsonLines(io);
        else if (isLive()) opening = open();
        else lines = plainLines(io);
      }
      if (lines === undefined) waiting.push(event);
      else lines.event(event);
    },
    async end() {
      await opening;
      lines?.end();
    },
  };
}

function jsonLines(io: Io): Lines {
  return { event: (event) => io.out(`${JSON.stringify(event)}\n`), end: () => undefined };
}

/** One line for each event; of a long transfer one for each tenth. */
export function plainLines(io: Pick<Io, "err">): Lines {
  const tenths = new Map<string, number>();
  const print = (machine: string | undefined, text: string) => {
    for (const line of text.split("\n"))
      io.err(machine === undefined ? `${line}\n` : `(${machine}) ${line}\n`);
  };
  return {
    event(event) {
      switch (event.type) {
        case "step":
          tenths.delete(event.machine);
          return print(event.machine, event.title);
        case "detail":
          if (isNews(tenths, event)) print(event.machine, detailText(event));
          return undefined;
        case "done":
          return undefined;
        case "failed":
          return print(event.machine, `failed: ${firstLine(event.message)}`);
        case "info":
          return print(event.machine, event.message);
        case "warning":
          return print(event.machine, `warning: ${event.message}`);
      }
    },
    end: () => undefined,
  };
}

function isNews(tenths: Map<string, number>, event: Extract<ProgressEvent, { type: "detail" }>): boolean {
  if (event.fraction === undefined) return true;
  const tenth = Math.floor(event.fraction * 10);
  if (tenths.get(event.machine) === tenth) return false;
  tenths.set(event.machine, tenth);
  return true;
}

/** What a detail says, with its percentage where it has one. */
export function detailText({ message, fraction }: { message: string; fraction?: number }): string {
  return fraction === undefined ? message : `${message} ${Math.floor(fraction * 100)} %`;
}

/** The first line of a longer message. */
export function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}
