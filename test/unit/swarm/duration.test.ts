import fc from "fast-check";
import { expect, it } from "vitest";
import { formatDuration, parseDuration } from "../../../src/swarm/duration.ts";

it("reads durations as Go does", () => {
  const known: readonly (readonly [string, number | undefined])[] = [
    ["300ms", 300],
    ["10s", 10_000],
    ["1m30s", 90_000],
    ["1h", 3_600_000],
    ["1.5h", 5_400_000],
    ["-2s", -2_000],
    ["+1s", 1_000],
    ["0", 0],
    ["1us", 0.001],
    ["5", undefined],
    ["", undefined],
    ["s", undefined],
    [".s", undefined],
    ["1d", undefined],
    ["1s2", undefined],
    ["1 s", undefined],
    ["-", undefined],
  ];
  for (const [text, ms] of known) expect([text, parseDuration(text)]).toEqual([text, ms]);
});

it("writes them as Go prints them, and reads back what it wrote", () => {
  expect(formatDuration(60_000)).toBe("1m0s");
  expect(formatDuration(90_000)).toBe("1m30s");
  expect(formatDuration(3_600_000)).toBe("1h0m0s");
  expect(formatDuration(1_500)).toBe("1.5s");
  expect(formatDuration(300)).toBe("300ms");
  expect(formatDuration(0)).toBe("0s");
  fc.assert(
    fc.property(fc.integer({ min: -1e9, max: 1e9 }), (ms) => {
      expect(parseDuration(formatDuration(ms))).toBeCloseTo(ms, 3);
    }),
  );
});

it("reads any text without crashing", () => {
  fc.assert(fc.property(fc.string(), (text) => ["number", "undefined"].includes(typeof parseDuration(text))));
});
