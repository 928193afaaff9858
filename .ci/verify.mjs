// Reads what the tests left in test-results/: every suite of .ci/suites ran with at least its number of tests, and
// nothing was skipped; every test that docs/compat.md names passed. Ends with the line that counts all suites.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { rowsOfPage, unprovenRows } from "../test/compat/proven.mjs";

const testStatus = Number(process.argv[2] ?? "1");
const summaryPath = "test-results/summary.json";
if (!existsSync(summaryPath)) {
  console.log("the tests left no summary: they did not come to their end");
  console.log("0 passed, 1 failed, 0 skipped");
  process.exit(1);
}
const { totals, files } = JSON.parse(readFileSync(summaryPath, "utf8"));
const faults = [];
for (const line of readFileSync(".ci/suites", "utf8").split("\n")) {
  const [pattern, least] = line.replace(/#.*/, "").trim().split(/\s+/);
  if (!pattern) continue;
  const ran = files
    .filter(({ file }) => file.startsWith(pattern))
    .reduce((sum, { passed }) => sum + passed, 0);
  if (ran < Number(least)) faults.push(`${pattern}: ${ran} tests passed, at least ${least} must`);
}
faults.push(...compatFaults());
if (totals.skipped > 0) faults.push(`${totals.skipped} tests were skipped; none may be here`);
if (testStatus !== 0 && totals.failed === 0) faults.push(`npm test ended with ${testStatus}`);
for (const fault of faults) console.log(fault);
console.log(`${totals.passed} passed, ${totals.failed + faults.length} failed, ${totals.skipped} skipped`);
process.exit(totals.failed + faults.length > 0 ? 1 : 0);

/** Rows of docs/compat.md whose test did not pass; a file that failed and passed when run again has passed. */
function compatFaults() {
  const rows = rowsOfPage(readFileSync("docs/compat.md", "utf8"));
  if (rows.length < 200) return [`docs/compat.md: only ${rows.length} rows could be read`];
  const reports = {};
  for (const name of readdirSync("test-results")) {
    const suite = /^(unit|contract|vms|e2e)(?:-\d+)?\.json$/.exec(name)?.[1];
    if (suite === undefined) continue;
    reports[suite] = [...(reports[suite] ?? []), JSON.parse(readFileSync(`test-results/${name}`, "utf8"))];
  }
  return unprovenRows(rows, reports).map(
    ({ item, file, title }) => `docs/compat.md: ${item}: "${title}" of ${file} did not pass`,
  );
}
