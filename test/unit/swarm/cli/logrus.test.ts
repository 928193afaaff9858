import { expect, it } from "vitest";
import { jsonLog, logrusLog, parseLogLevel, plainLogLine } from "../../../../src/swarm/cli/logrus.ts";
import { manualClock } from "../../../support/fake-clock.ts";

it("writes logrus's lines: sorted keys, quotes only where needed, nothing below the level", () => {
  const lines: string[] = [];
  const log = logrusLog((line) => lines.push(line), "info", manualClock());
  log.debug("no");
  log.info("Listening for HTTP", { proto: "tcp", addr: "10.99.0.1:4001" });
  log.warn("word");
  log.error('a "quoted"\nthing', { id: "VB74:I7XN", name: "" });
  const bodies = lines.map((line) => line.replace(/^time="[^"]+" /, ""));
  expect(bodies).toEqual([
    'level=info msg="Listening for HTTP" addr="10.99.0.1:4001" proto=tcp\n',
    "level=warning msg=word\n",
    'level=error msg="a \\"quoted\\"\\nthing" id="VB74:I7XN" name=""\n',
  ]);
});

it("writes the same as JSON", async () => {
  const lines: string[] = [];
  const log = await jsonLog((line) => lines.push(line), "warning");
  log.info("no");
  log.warn("careful", { node: "n1" });
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { level: "warn", time: expect.stringMatching(/^\d{4}-/), node: "n1", msg: "careful" },
  ]);
});

it("reads levels whatever their case", () => {
  expect(["Debug", "WARN", "warning", "panic"].map(parseLogLevel)).toEqual([
    "debug",
    "warning",
    "warning",
    "panic",
  ]);
  expect(() => parseLogLevel("loud")).toThrow('not a valid logrus Level: "loud"');
});

it("writes Go's plain lines", () => {
  expect(plainLogLine("x", Date.UTC(2026, 0, 31, 10, 20, 30))).toMatch(/^2026\/0\d\/[03]\d \d\d:20:30 x\n$/);
});
