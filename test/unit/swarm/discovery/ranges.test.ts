import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseNodesFile } from "../../../../src/swarm/discovery/backends/file.ts";
import { expandRange } from "../../../../src/swarm/discovery/ranges.ts";

const plainText = fc.stringMatching(/^[a-z0-9.:-]{0,12}$/);

describe("ranges in node lists", () => {
  it("give each value from first to last, with what stands around it", () => {
    fc.assert(
      fc.property(
        plainText,
        plainText,
        fc.integer({ min: 0, max: 5_000 }),
        fc.integer({ min: 0, max: 300 }),
        (before, after, from, more) => {
          const texts = expandRange(`${before}[${from}:${from + more}]${after}`);
          expect(texts).toHaveLength(more + 1);
          texts.forEach((text, n) => {
            expect(text).toBe(`${before}${from + n}${after}`);
          });
        },
      ),
    );
  });

  it("leave alone what is not two integers", () => {
    fc.assert(
      fc.property(plainText, fc.stringMatching(/^[a-z:[\]]{0,10}$/), plainText, (before, inside, after) => {
        const text = `${before}[${inside}]${after}`;
        expect(expandRange(text)).toEqual([text]);
      }),
    );
    for (const text of ["[::1]:2375", "a[1-3]:1", "a[1:2:3]:1", "a]1:2[", "a[:3]", "a[ 1:2]", ""]) {
      expect(expandRange(text)).toEqual([text]);
    }
  });

  it("never throw but for a range without end, whatever the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(expandRange(text).length).toBeGreaterThanOrEqual(0);
      }),
    );
    expect(() => expandRange("10.0.[0:999999999].1")).toThrow(/more than/);
  });

  it("drop zero padding, give nothing backwards, and match greedily", () => {
    expect(expandRange("h[08:11]")).toEqual(["h8", "h9", "h10", "h11"]);
    expect(expandRange("h[9:1]")).toEqual([]);
    expect(expandRange("h[1:2]x[3:4]")).toEqual(["h[1:2]x[3:4]"]);
    expect(expandRange("h[-1:1]")).toEqual(["h-1", "h0", "h1"]);
  });
});

it("a nodes file has one entry a line, comments and ranges", () => {
  const text = "# head\n 10.1.1.1:2375 \r\n\n10.1.1.[2:3]:2375 # two\n#10.1.1.9:1\n";
  expect(parseNodesFile(text)).toEqual(["10.1.1.1:2375", "10.1.1.2:2375", "10.1.1.3:2375"]);
});
