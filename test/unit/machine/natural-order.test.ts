import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareNatural } from "../../../src/machine/natural-order.ts";

fc.configureGlobal({ seed: 20261128 });

describe("natural order", () => {
  it("counts numbers, ignores case, puts digits before letters", () => {
    const sorted = ["1", "02", "10", "a", "A1", "a1b", "a02", "a10", "b", "B2"];
    fc.assert(
      fc.property(fc.shuffledSubarray(sorted, { minLength: sorted.length }), (names) => {
        expect([...names].sort(compareNatural)).toEqual(sorted);
      }),
    );
  });

  it("is an order", () => {
    const name = fc.stringMatching(/^[aB0-9.-]{0,6}$/);
    fc.assert(
      fc.property(name, name, name, (a, b, c) => {
        expect(Math.sign(compareNatural(a, b))).toBe(-Math.sign(compareNatural(b, a)) + 0);
        expect(compareNatural(a, b) === 0).toBe(a === b);
        if (compareNatural(a, b) <= 0 && compareNatural(b, c) <= 0)
          expect(compareNatural(a, c)).toBeLessThanOrEqual(0);
      }),
      { numRuns: 500 },
    );
  });
});
