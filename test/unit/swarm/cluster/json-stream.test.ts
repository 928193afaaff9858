import fc from "fast-check";
import { expect, test } from "vitest";
import { JsonSplitter } from "../../../../src/swarm/cluster/json-stream.ts";

/** The text cut at the given places, as bytes. */
function pieces(text: string, cuts: readonly number[]): Uint8Array[] {
  const bytes = Buffer.from(text);
  const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, i) => bytes.subarray(at[i], end));
}

test("objects come out whole however the stream is cut, with or without newlines", () => {
  const object = fc.dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue({ maxDepth: 2 }), {
    maxKeys: 4,
  });
  const gap = fc.constantFrom("", "\n", "\r\n", "  ");
  fc.assert(
    fc.property(
      fc.array(object, { maxLength: 5 }),
      gap,
      fc.array(fc.nat(500), { maxLength: 6 }),
      (objects, between, cuts) => {
        const texts = objects.map((one) => JSON.stringify(one));
        const splitter = new JsonSplitter();
        const found = pieces(texts.join(between), cuts).flatMap((piece) => splitter.push(piece));
        expect(found.map(({ json }) => json)).toEqual(texts.map((text) => JSON.parse(text)));
      },
    ),
  );
});

test("rubbish between objects and objects that are no JSON are left out", () => {
  const splitter = new JsonSplitter();
  const found = splitter.push(Buffer.from('HTTP/1.1 x "{"a":1} garbage {not json} [{"b":2}] {"c":3}'));
  expect(found.map(({ json }) => json)).toEqual([{ a: 1 }, { b: 2 }, { c: 3 }]);
});

test("an object without end is given up before it fills the memory", () => {
  const splitter = new JsonSplitter();
  const chunk = Buffer.from("a".repeat(1024 * 1024));
  splitter.push(Buffer.from('{"a":"'));
  expect(() => {
    for (let i = 0; i < 8; i++) splitter.push(chunk);
  }).toThrow(RangeError);
});
