import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { commandsDocument } from "../../compat/commands-document.ts";
import { compatDocument } from "../../compat/document.ts";
import { rowsOfPage, suiteOf, titlePattern, unprovenRows } from "../../compat/proven.mjs";
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

  test("no heading is there twice", () => {
    const headings = compatDocument(compatRows)
      .split("\n")
      .filter((line) => line.startsWith("#"));
    expect(headings.filter((line, index) => headings.indexOf(line) !== index)).toEqual([]);
  });
});

describe("the proof of a row", () => {
  const report = (file: string, title: string, status = "passed") => ({
    testResults: [{ name: `/anywhere/${file}`, assertionResults: [{ title, status }] }],
  });
  const file = "test/unit/cli/argv.test.ts";
  const row = { item: "-x", file, title: "%s is taken" };

  test("is asked of every row of the page", () => {
    const page = rowsOfPage(compatDocument(compatRows));
    const rows = compatRows.map(({ item, file: of, test: title }) => ({ item, file: of, title }));
    const sorted = (list: typeof rows) => list.map((one) => JSON.stringify(one)).sort();
    expect(sorted(page)).toEqual(sorted(rows));
    expect(page.filter((one) => suiteOf(one.file) === "none")).toEqual([]);
  });

  test.each([
    ["plain (a|b) text.", "plain (a|b) text.", true],
    ["plain text", "plain text and more", false],
    ["%s on %j", 'C:\\x on {"a":1}', true],
    ["%s on %j", "x of {}", false],
    ["a value of $name.first and %#", "a value of 'x\ny' and 3", true],
    ["with \\\\t and \\u00fc", "with \\t and ü", true],
    ["100 %% sure", "100 % sure", true],
  ])("the title %j as a report tells it: %j", (title, told, is) => {
    expect(titlePattern(title).test(told)).toBe(is);
  });

  test("is a test of that file which passed, be it when it ran again", () => {
    expect(unprovenRows([row], { unit: [report(file, "-x is taken")] })).toEqual([]);
    const runs = [report(file, "-x is taken", "failed"), report(file, "-x is taken")];
    expect(unprovenRows([row], { unit: runs })).toEqual([]);
  });

  test("is missing where the test failed, was skipped, did not run or is that of another file", () => {
    for (const other of [
      report(file, "-x is taken", "failed"),
      report(file, "-x is taken", "skipped"),
      report(file, "-x is refused"),
      report("test/unit/cli/other.test.ts", "-x is taken"),
    ]) {
      expect(unprovenRows([row], { unit: [other] })).toEqual([row]);
    }
  });

  test("is not asked of suites that did not run", () => {
    expect(unprovenRows([row], { e2e: [report("test/e2e/shells.test.ts", "x")] })).toEqual([]);
    expect(suiteOf("test/e2e/vbox-story.test.ts")).toBe("vms");
  });
});

test("docs/commands.md is what the commands' help says (npx tsx test/compat/write-commands.ts)", async () => {
  expect(readFileSync(join(root, "docs/commands.md"), "utf8")).toBe(await commandsDocument());
});
