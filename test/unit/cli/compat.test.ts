import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { commandsDocument } from "../../compat/commands-document.ts";
import { compatDocument } from "../../compat/document.ts";
import { compatRows } from "../../compat/rows.ts";

const root = resolve(import.meta.dirname, "../../..");
const sources = new Map<string, string>();

function sourceOf(file: string): string {
  const known = sources.get(file) ?? readFileSync(join(root, file), "utf8");
  sources.set(file, known);
  return known;
}

describe("docs/compat.md", () => {
  test("every row names a test that exists", () => {
    const wrong = compatRows.filter(({ file, test: title }) => !sourceOf(file).includes(`"${title}"`));
    expect(wrong.map(({ item, file, test: title }) => `${item}: ${file}: ${title}`)).toEqual([]);
  });

  test("no item is there twice", () => {
    const items = compatRows.map(({ group, item }) => `${group}: ${item}`);
    expect(items.filter((item, index) => items.indexOf(item) !== index)).toEqual([]);
  });

  test("the page is that of the rows", () => {
    expect(readFileSync(join(root, "docs/compat.md"), "utf8")).toBe(compatDocument(compatRows));
  });
});

test("docs/commands.md is what the commands' help says (npx tsx test/compat/write-commands.ts)", async () => {
  expect(readFileSync(join(root, "docs/commands.md"), "utf8")).toBe(await commandsDocument());
});
