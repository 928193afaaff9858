import type { ProgressEvent } from "../machine/events.ts";
import { colours } from "./colours.ts";
import type { Io } from "./command.ts";
import { displayWidth, fitLine } from "./fit.ts";
import { detailText, firstLine } from "./progress.ts";

interface Running {
  title: string;
  detail: string;
  /** When the step began, in ms. */
  since: number;
}

const frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const frameMs = 100;
const clearLine = "\r\u001b[2K";
const lineUp = "\u001b[1A";

/** What a test hands in instead of time. */
export interface Ticker {
  now(): number;
  every(ms: number, task: () => void): () => void;
}

const realTicker: Ticker = {
  now: () => performance.now(),
  every(ms, task) {
    const timer = setInterval(task, ms);
    timer.unref();
    return () => clearInterval(timer);
  },
};

/**
 * A live list: steps that are done stay as lines, and below them each machine that works has one line with what it
 * does and for how long.
 */
export function liveLines(io: Io, ticker: Ticker = realTicker) {
  const running = new Map<string, Running>();
  const paint = colours(io, "stderr");
  /** Width of each line that is to be drawn over. */
  let drawn: readonly number[] = [];
  let frame = 0;
  let stop: (() => void) | undefined;
  const erase = () => {
    // a terminal that became narrower has broken what was drawn into more lines
    const width = io.columns();
    const lines = drawn.reduce((sum, one) => sum + Math.max(1, Math.ceil(one / width)), 0);
    drawn = [];
    return (lineUp + clearLine).repeat(lines);
  };
  const draw = (above = "") => {
    const lines = visible([...running], io.rows()).map((one) =>
      typeof one === "string"
        ? fitLine(one, io.columns() - 1)
        : liveLine(...one, ticker.now(), frame, io.columns()),
    );
    io.err(erase() + above + lines.map((line) => `${line}\n`).join(""));
    drawn = lines.map(displayWidth);
  };
  const finished = (mark: string, machine: string, title: string, tail: string) =>
    `${mark} ${machine}  ${title}${tail === "" ? "" : `  ${paint.dim(tail)}`}\n`;
  const begin = () => {
    stop ??= ticker.every(frameMs, () => {
      frame += 1;
      if (running.size > 0) draw();
    });
  };
  const end = () => {
    stop?.();
    stop = undefined;
    running.clear();
    io.err(erase());
  };
  const event = (one: ProgressEvent) => {
    begin();
    switch (one.type) {
      case "step":
        running.set(one.machine, { title: one.title, detail: "", since: ticker.now() });
        return draw();
      case "detail": {
        const current = running.get(one.machine);
        if (current === undefined) return draw(`  ${one.machine}  ${one.message}\n`);
        current.detail = detailText(one);
        return draw();
      }
      case "done": {
        const title = running.get(one.machine)?.title ?? one.step;
        running.delete(one.machine);
        return draw(finished(paint.green("✔"), one.machine, title, elapsed(one.durationMs)));
      }
      case "failed": {
        const title = running.get(one.machine)?.title ?? one.step;
        running.delete(one.machine);
        return draw(finished(paint.red("✖"), one.machine, title, firstLine(one.message)));
      }
      case "info":
        return draw(one.machine === undefined ? `${one.message}\n` : `  ${one.machine}  ${one.message}\n`);
      case "warning": {
        const machine = one.machine === undefined ? "" : `${one.machine}  `;
        return draw(`${paint.yellow("!")} ${machine}${one.message}\n`);
      }
    }
  };
  return { event, end };
}

/** What fits on the screen: lines that have left it at the top could not be drawn over. */
function visible(
  running: readonly (readonly [string, Running])[],
  rows: number,
): readonly (readonly [string, Running] | string)[] {
  const most = Math.max(1, rows - 1);
  if (running.length <= most) return running;
  const hidden = running.length - (most - 1);
  return [...running.slice(0, most - 1), `… and ${hidden} more`];
}

function liveLine(name: string, one: Running, now: number, frame: number, width: number): string {
  const spinner = frames[frame % frames.length] ?? "";
  const detail = one.detail === "" ? "" : `: ${firstLine(one.detail)}`;
  const text = `${spinner} ${name}  ${one.title}${detail}`;
  const time = `  ${elapsed(now - one.since)}`;
  // the last column stays free: some terminals go to the next line once it is written
  const room = width - 1 - time.length;
  return room < 10 ? fitLine(text, width - 1) : fitLine(text, room) + time;
}

/** "0.4 s", "12 s", "2 min 05 s". */
export function elapsed(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  return `${Math.floor(seconds / 60)} min ${String(Math.floor(seconds % 60)).padStart(2, "0")} s`;
}
