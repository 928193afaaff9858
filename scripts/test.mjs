// All tests of a fresh clone: npm test. Sets up what they need (announced), runs every suite, and ends with
// one line "N passed, N failed, N skipped".
//   npm test                    everything
//   npm test -- unit contract   only these suites (checks, unit, contract, vms, e2e)
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { cacheDir, isRoot, root, run, say } from "./lib/host.mjs";
import { ensureLabTrees } from "./lib/lab-trees.mjs";
import { ensurePackages } from "./lib/packages.mjs";
import { cacheEnv, ensureBundle, ensureImages, ensureNodeModules } from "./lib/prepare.mjs";

const known = ["checks", "unit", "contract", "vms", "e2e"];
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  say(`unknown suite: ${unknown.join(", ")} (there are ${known.join(", ")})`);
  process.exit(2);
}
const suites = asked.length === 0 ? known : asked;
const results = join(root, "test-results");

async function main() {
  await ensureNodeModules();
  rmSync(results, { recursive: true, force: true });
  mkdirSync(results, { recursive: true });
  const needsSystem = ["contract", "vms", "e2e"].some((name) => suites.includes(name));
  const problems = needsSystem ? await prepareSystem() : [];
  await ensureBundle();
  const files = [...(await lane("checks", "unit"))];
  files.push(...(await Promise.all([lane("contract", "e2e"), lane("vms")])).flat());
  report(files, problems);
}

/** Suites one after the other. VMs have a lane of their own: they wait for their guests most of the time. */
async function lane(...names) {
  const files = [];
  for (const name of names) if (suites.includes(name)) files.push(...(await timed(name)));
  return files;
}

async function timed(suite) {
  const started = Date.now();
  say(`\n== ${suite} ==`);
  const files = suite === "checks" ? await checks() : await vitest(suite);
  say(`== ${suite}: ${Math.round((Date.now() - started) / 1000)} s ==`);
  return files;
}

/** Everything that contract and end-to-end tests use; what cannot be had is told and its tests skip themselves. */
async function prepareSystem() {
  try {
    await ensurePackages("engine", "images", "tests");
    if (!isRoot) return ["tests that need root skip themselves"];
    await ensureLabTrees(cacheDir);
    await ensureBundle();
    await ensureImages("all");
    return [];
  } catch (error) {
    if (process.env.CI) throw error;
    return [error instanceof Error ? error.message : String(error)];
  }
}

async function checks() {
  const file = join(results, "checks.json");
  await run(process.execPath, [join(root, "scripts", "check.mjs"), `--json=${file}`]);
  return JSON.parse(readFileSync(file, "utf8")).map(({ name, ok }) => ({
    file: `check: ${name}`,
    passed: ok ? 1 : 0,
    failed: ok ? [] : [name],
    skipped: 0,
  }));
}

/** How often a file that failed is run again by itself. */
const reruns = 2;

/** Runs one project of Vitest; files that fail run again by themselves, and the report says so. */
async function vitest(project) {
  let files = await vitestRun(project, [], join(results, `${project}.json`));
  for (let round = 1; round <= reruns; round += 1) {
    const broken = files.filter(({ failed }) => failed.length > 0);
    if (broken.length === 0 || broken.length > 10) break;
    for (const { file, failed } of broken) for (const name of failed) say(`failed: ${file}: ${name}`);
    say(`running again: ${broken.map(({ file }) => file).join(", ")}`);
    const again = await vitestRun(
      project,
      broken.map(({ file }) => file),
      join(results, `${project}-${round}.json`),
    );
    files = files.map((one) => {
      const repeated = again.find(({ file }) => file === one.file);
      return repeated === undefined ? one : { ...repeated, again: [...(one.again ?? []), ...one.failed] };
    });
  }
  return files;
}

async function vitestRun(project, only, output) {
  const vitestBin = join(root, "node_modules", "vitest", "vitest.mjs");
  const args = [
    vitestBin,
    "run",
    "--project",
    project,
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${output}`,
  ];
  await run(process.execPath, [...args, ...only], { env: { ...process.env, ...cacheEnv(), NO_COLOR: "1" } });
  const { testResults } = JSON.parse(readFileSync(output, "utf8"));
  return testResults.map(({ name, status, message, assertionResults }) => {
    const count = (wanted) => assertionResults.filter((one) => wanted.includes(one.status));
    const failed = count(["failed"]).map(({ fullName }) => fullName);
    // a file that did not come to its tests: an import or a hook broke
    if (status === "failed" && failed.length === 0) failed.push(`(the file itself) ${message ?? ""}`.trim());
    return {
      file: relative(root, name),
      passed: count(["passed"]).length,
      failed,
      skipped: count(["skipped", "pending", "todo", "disabled"]).length,
    };
  });
}

function report(files, problems) {
  const sum = (pick) => files.reduce((total, file) => total + pick(file), 0);
  const totals = {
    passed: sum(({ passed }) => passed),
    failed: sum(({ failed }) => failed.length),
    skipped: sum(({ skipped }) => skipped),
  };
  writeFileSync(join(results, "summary.json"), JSON.stringify({ totals, files }, null, 2));
  for (const problem of problems) say(`not everything could be set up: ${problem}`);
  for (const { file, skipped } of files) if (skipped > 0) say(`skipped: ${skipped} in ${file}`);
  for (const { file, again } of files) if (again) say(`run again: ${file} (before: ${again.join("; ")})`);
  for (const { file, failed } of files) for (const name of failed) say(`failed: ${file}: ${name}`);
  process.stdout.write(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped\n`);
  process.exitCode = totals.failed > 0 ? 1 : 0;
}

await main();
