// Measures the programs beside baselines of the same run: npm run bench -- [NAME …] [--check] [--json=FILE] [options of a bench]
// Every bench/<name>/bench.ts is one; it prints a table, writes JSON with --json=FILE, and with --check fails on a missed bound.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const results = join(root, "bench", "results");

async function main() {
  const words = process.argv.slice(2);
  const names = words.filter((word) => !word.startsWith("-"));
  const options = words.filter((word) => word.startsWith("-") && !word.startsWith("--json="));
  const all = readdirSync(join(root, "bench")).filter((name) => existsSync(benchFile(name)));
  const unknown = names.filter((name) => !all.includes(name));
  if (unknown.length > 0) {
    process.stderr.write(`no bench is called ${unknown.join(", ")}; there are ${all.join(", ")}\n`);
    process.exitCode = 2;
    return;
  }
  mkdirSync(results, { recursive: true });
  if ((await run(process.execPath, [join(root, "scripts", "build.mjs")])) !== 0) {
    process.exitCode = 1;
    return;
  }
  const bodies = [];
  let failed = 0;
  for (const name of names.length > 0 ? names : all) {
    process.stdout.write(`== ${name}\n`);
    const file = join(results, `${name}.json`);
    const code = await run(process.execPath, [
      "--import",
      "tsx",
      benchFile(name),
      `--json=${file}`,
      ...options,
    ]);
    if (code !== 0) failed += 1;
    if (existsSync(file)) bodies.push(JSON.parse(readFileSync(file, "utf8")));
  }
  const target = words.find((word) => word.startsWith("--json="))?.slice("--json=".length);
  writeFileSync(target ?? join(results, "all.json"), JSON.stringify(bodies, undefined, 2));
  process.exitCode = failed > 0 ? 1 : 0;
}

function benchFile(name) {
  return join(root, "bench", name, "bench.ts");
}

function run(file, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 1));
  });
}

await main();
