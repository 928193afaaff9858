// The manager over simulated engines: npm run bench -- swarm [--engines=100,1000] [--seconds=5] [--check] [--json=FILE]
import { writeFileSync } from "node:fs";
import { bounds, isMissed } from "./bounds.ts";
import { type Figures, measure } from "./measure.ts";

function option(name: string, fallback: string): string {
  const found = process.argv.find((word) => word.startsWith(`--${name}=`));
  return found?.slice(name.length + 3) ?? fallback;
}

async function main(): Promise<void> {
  const runs: Figures[] = [];
  for (const text of option("engines", "100,1000").split(","))
    runs.push(
      await measure({ engines: Number(text), containersEach: 30, seconds: Number(option("seconds", "5")) }),
    );
  const [first] = runs;
  if (!first) return;
  const keys = Object.keys(first).filter((key): key is keyof Figures => key in first);
  const missed = new Set<string>();
  for (const key of keys) {
    const cells = runs.map((run) => {
      const bound = bounds[run.engines]?.find(({ figure }) => figure === key);
      if (!bound) return String(run[key]);
      const sign = bound.isRate ? "≥" : "≤";
      const isBad = isMissed(bound, run);
      if (isBad) missed.add(`${key} at ${run.engines} engines: ${run[key]} (${sign} ${bound.limit})`);
      return `${run[key]} (${sign} ${bound.limit}${isBad ? ", MISSED" : ""})`;
    });
    process.stdout.write(`${key.padEnd(20)} ${cells.map((cell) => cell.padEnd(28)).join(" ")}\n`);
  }
  const file = option("json", "");
  if (file !== "")
    writeFileSync(file, JSON.stringify({ bench: "swarm", runs, missed: [...missed] }, undefined, 2));
  for (const text of missed) process.stderr.write(`missed: ${text}\n`);
  if (process.argv.includes("--check") && missed.size > 0) process.exitCode = 1;
}

await main();
