// The command line and its drivers: npm run bench -- machine [--runs=11] [--only=startup,docker,vbox] [--full] [--check] [--json=FILE]
// Needs root and what the tests need for the labs. --full also boots a VM.
import { writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { bounds } from "./bounds.ts";
import { measureDocker } from "./docker.ts";
import { measureStartup } from "./startup.ts";
import { measureVbox } from "./vbox.ts";

function option(name: string, fallback: string): string {
  const found = process.argv.find((word) => word.startsWith(`--${name}=`));
  return found?.slice(name.length + 3) ?? fallback;
}

const isAsked = (part: string) => option("only", "startup,docker,vbox").split(",").includes(part);

async function main(): Promise<void> {
  const runs = Number(option("runs", "11"));
  const load = loadavg()[0] ?? 0;
  const startup = isAsked("startup") ? await measureStartup(runs) : {};
  const { stages, ...docker } = isAsked("docker") ? await measureDocker(Math.min(3, runs)) : { stages: {} };
  const vbox = isAsked("vbox") ? await measureVbox(process.argv.includes("--full")) : {};
  const parts = { startup, docker, vbox };
  const missed: string[] = [];
  for (const [part, figures] of Object.entries(parts)) {
    for (const [name, value] of Object.entries(figures)) {
      const limit = bounds[`${part}.${name}`];
      const isMissed = limit !== undefined && value > limit;
      if (isMissed) missed.push(`${part}.${name}: ${value} (≤ ${limit})`);
      const bound = limit === undefined ? "" : `(≤ ${limit}${isMissed ? ", MISSED" : ""})`;
      process.stdout.write(`${`${part}.${name}`.padEnd(34)} ${String(value).padStart(9)} ${bound}\n`);
    }
  }
  for (const [name, list] of Object.entries(stages)) {
    process.stdout.write(`stages of ${name}:\n`);
    for (const { title, seconds } of list)
      process.stdout.write(`  ${seconds.toFixed(2).padStart(6)} s  ${title}\n`);
  }
  const file = option("json", "");
  const computer = { cores: cpus().length, loadBefore: load, node: process.version };
  if (file !== "")
    writeFileSync(
      file,
      JSON.stringify({ bench: "machine", computer, ...parts, stages, missed }, undefined, 2),
    );
  for (const text of missed) process.stderr.write(`missed: ${text}\n`);
  if (process.argv.includes("--check") && missed.length > 0) process.exitCode = 1;
}

await main();
