import { mkdirSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { machineProgram, runProgramFile } from "../../test/support/program.ts";
import { sampleRecord } from "../../test/support/sample-record.ts";
import { median, round } from "./median.ts";

/** Medians in ms. */
export interface StartupFigures {
  readonly [figure: string]: number;
}

/** CPU and wall time of the program beside `node -e 0`; the runs alternate, so that a busy moment meets all of them. */
export async function measureStartup(runs: number): Promise<StartupFigures> {
  const home = await mkdtemp(join(tmpdir(), "machine-bench-"));
  try {
    const cases = new Map<string, { words: string[]; store: string }>();
    const empty = join(home, "store0");
    cases.set("node", { words: ["-e", "0"], store: empty });
    cases.set("version", { words: [machineProgram, "--version"], store: empty });
    for (const count of [0, 10, 50, 100]) {
      const store = join(home, `store${count}`);
      for (let index = 0; index < count; index += 1) writeStoppedMachine(store, `m${index}`);
      cases.set(`ls${count}`, { words: [machineProgram, "ls"], store });
    }
    const seen = new Map([...cases.keys()].map((name) => [name, { cpu: [0], wall: [0] }]));
    for (const times of seen.values()) for (const list of Object.values(times)) list.pop();
    for (let run = 0; run < runs; run += 1) {
      for (const [name, { words, store }] of cases) {
        const { cpuMs, wallMs } = await timesOf(words, home, store);
        seen.get(name)?.cpu.push(cpuMs);
        seen.get(name)?.wall.push(wallMs);
      }
    }
    return figuresOf(seen);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

function figuresOf(seen: ReadonlyMap<string, { cpu: number[]; wall: number[] }>): StartupFigures {
  const figures: Record<string, number> = {};
  const node = seen.get("node") ?? { cpu: [], wall: [] };
  for (const [name, { cpu, wall }] of seen) {
    figures[`${name}CpuMs`] = round(median(cpu));
    figures[`${name}WallMs`] = round(median(wall));
    if (name === "node") continue;
    figures[`${name}CpuOverNodeMs`] = round(median(cpu) - median(node.cpu));
    // other programs make single runs slower, never faster: the better of two ratios says more about this one
    const ofMedians = median(cpu) / median(node.cpu);
    figures[`${name}CpuRatio`] = round(Math.min(ofMedians, Math.min(...cpu) / Math.min(...node.cpu)));
  }
  return figures;
}

/** bash's `times` tells the CPU time of ended children to the millisecond. */
async function timesOf(words: readonly string[], home: string, store: string) {
  const { NODE_EXTRA_CA_CERTS: _costly, NODE_OPTIONS: _foreign, ...rest } = process.env;
  const env = { ...rest, HOME: home, MACHINE_STORAGE_PATH: store, MACHINE_DOCKER_HOST: "tcp://127.0.0.1:1" };
  const script =
    'a=$EPOCHREALTIME; "$@" >/dev/null; code=$?; b=$EPOCHREALTIME; times; echo "$a $b"; exit $code';
  const result = await runProgramFile("bash", ["-c", script, "bash", process.execPath, ...words], { env });
  if (result.exitCode !== 0) throw new Error(`${words.join(" ")} failed: ${result.stderr}`);
  const lines = result.stdout.trim().split("\n");
  const parts = [...(lines.at(-2) ?? "").matchAll(/(\d+)m([\d.]+)s/g)];
  const cpuMs = parts.reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60_000 + Number(seconds) * 1000,
    0,
  );
  return { cpuMs, wallMs: spanMs(lines.at(-1) ?? "") };
}

/** Milliseconds between two of bash's $EPOCHREALTIME, "1.5 2.5". */
export function spanMs(text: string): number {
  const [from, to] = text.trim().split(" ").map(Number);
  return ((to ?? Number.NaN) - (from ?? Number.NaN)) * 1000;
}

/** A third each: VMs, containers, and machines of a driver that is not here. */
function writeStoppedMachine(store: string, name: string): void {
  const drivers = ["virtualbox", "docker", "someplugin"];
  writeRecord(store, name, drivers[Number(name.slice(1)) % drivers.length] ?? "");
}

/** A record of a standalone machine that does not run. */
export function writeRecord(store: string, name: string, driver: string): void {
  const record = sampleRecord(store, name);
  record.DriverName = driver;
  record.HostOptions.SwarmOptions = { ...record.HostOptions.SwarmOptions, Discovery: "", Master: false };
  mkdirSync(join(store, "machines", name), { recursive: true, mode: 0o700 });
  writeFileSync(join(store, "machines", name, "config.json"), JSON.stringify(record), { mode: 0o600 });
}
