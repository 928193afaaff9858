// What a change must pass before its tests: npm run check. Runs every check, reports each, and fails if one failed.
//   npm run check -- --json=FILE   also writes [{ name, ok, seconds }] there
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = (name) => join(root, "node_modules", ".bin", name);

const checks = [
  { name: "format", file: bin("biome"), args: ["format", "--max-diagnostics=50"] },
  { name: "lint", file: bin("biome"), args: ["lint", "--error-on-warnings", "--max-diagnostics=50"] },
  { name: "type-aware lint", file: bin("oxlint"), args: ["--type-aware", "--deny-warnings"] },
  { name: "types", file: bin("tsc"), args: ["--noEmit", "-p", "."] },
  { name: "unused code", file: bin("knip"), args: ["--no-progress"] },
  {
    name: "dependency direction",
    file: bin("vitest"),
    args: ["run", "--project", "unit", "test/unit/architecture", "--reporter=dot"],
  },
];

async function main() {
  const results = [];
  for (const check of checks) results.push(await runCheck(check));
  for (const { name, ok, seconds } of results) {
    process.stdout.write(`${ok ? "ok    " : "FAILED"} ${name} (${seconds} s)\n`);
  }
  const target = process.argv.find((word) => word.startsWith("--json="))?.slice("--json=".length);
  if (target) writeFileSync(target, JSON.stringify(results, undefined, 2));
  process.exitCode = results.every(({ ok }) => ok) ? 0 : 1;
}

/** The output of a check is shown only when it failed. */
function runCheck({ name, file, args }) {
  const started = Date.now();
  return new Promise((resolve) => {
    const child = spawn(file, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    const output = [];
    child.stdout.on("data", (part) => output.push(part));
    child.stderr.on("data", (part) => output.push(part));
    const end = (ok, more = "") => {
      if (!ok) process.stdout.write(`== ${name} ==\n${Buffer.concat(output).toString("utf8")}${more}\n`);
      resolve({ name, ok, seconds: Math.round((Date.now() - started) / 100) / 10 });
    };
    child.once("error", (error) => end(false, `${error.message}\n`));
    child.once("close", (code) => end(code === 0));
  });
}

await main();
