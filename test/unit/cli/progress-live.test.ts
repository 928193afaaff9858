import { describe, expect, it } from "vitest";
import type { Io } from "../../../src/cli/command.ts";
import { displayWidth, fitLine } from "../../../src/cli/fit.ts";
import { liveLines } from "../../../src/cli/progress-live.ts";
import { Screen } from "../../support/screen.ts";

function liveOn(screen: Screen) {
  const io: Io = {
    err: (text) => screen.write(text),
    out: () => undefined,
    isTerminal: () => true,
    columns: () => screen.width,
    rows: () => screen.height,
    ask: async () => undefined,
    env: { NO_COLOR: "1" },
    platform: "linux",
    cwd: "/",
    argv: [],
    parentPid: 0,
  };
  return liveLines(io, { now: () => 0, every: () => () => undefined });
}

const step = (machine: string) => ({ type: "step" as const, machine, step: "s", title: "Creating" });
const detail = (machine: string, message: string) => ({ type: "detail" as const, machine, message });
const done = (machine: string) => ({ type: "done" as const, machine, step: "s", durationMs: 0 });
const long = "a message that is much longer than the terminal is wide, with 日本語 and\ttabs";

describe("a live list of several machines", () => {
  it.each([10, 20, 41, 80])("has one line for each on a terminal of %i columns", (width) => {
    const screen = new Screen(width, 24);
    const lines = liveOn(screen);
    for (const name of ["demo-master", "demo-node-01", "demo-node-02"]) {
      lines.event(step(name));
      for (const end of ["", " 1", " 2"]) lines.event(detail(name, long + end));
    }
    expect(screen.text()).toHaveLength(3);
    for (const line of screen.text()) expect(displayWidth(line)).toBeLessThan(width);
  });

  it("leaves nothing of a line that a smaller window has broken in two", () => {
    const screen = new Screen(60, 24);
    const lines = liveOn(screen);
    lines.event(step("a"));
    lines.event(detail("a", long));
    screen.resize(30);
    expect(screen.text()).toHaveLength(2);
    lines.event(done("a"));
    expect(screen.text()).toEqual(["✔ a  Creating  0.0 s"]);
  });

  it("shows no more lines than the screen has, and says how many more there are", () => {
    const screen = new Screen(80, 6);
    const lines = liveOn(screen);
    const names = Array.from({ length: 9 }, (_, index) => `m${index}`);
    for (const name of names) lines.event(step(name));
    expect(screen.text()).toHaveLength(5);
    expect(screen.text().at(-1)).toBe("… and 5 more");
    for (const name of names) lines.event(done(name));
    lines.end();
    expect(screen.text()).toEqual(names.map((name) => `✔ ${name}  Creating  0.0 s`));
  });
});

describe("a line that fits", () => {
  it.each([
    ["short", 10, "short"],
    ["exactly ten", 11, "exactly ten"],
    ["much too long", 6, "much …"],
    ["日本語", 5, "日本…"],
    ["日本語", 4, "日…"],
    ["tab\there\u001b[31mred\u001b[0m", 20, "tab herered"],
    ["any", 0, ""],
  ])("%j in %i columns", (text, width, expected) => {
    expect(fitLine(text, width)).toBe(expected);
  });
});
