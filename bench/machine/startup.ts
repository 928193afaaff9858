import { mkdirSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { machineProgram, runProgramFile } from "../../test/support/program.ts";
import { sampleRecord } from "../../test/support/sample-record.ts";
import { timesOf, timesScript } from "./bash-times.ts";
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
        const { cpuMs, wallMs } = await runTimed(words, home, store);
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
  const none = seen.get("ls0")?.cpu ?? [];
  const hundred = seen.get("ls100")?.cpu ?? [];
  figures["ls100PerNone"] = round(median(hundred) / median(none));
  return figures;
}

async function runTimed(words: readonly string[], home: string, store: string) {
  const { NODE_EXTRA_CA_CERTS: _costly, NODE_OPTIONS: _foreign, ...rest } = process.env;
  const env = { ...rest, HOME: home, MACHINE_STORAGE_PATH: store, MACHINE_DOCKER_HOST: "tcp://127.0.0.1:1" };
  const script = ["-c", timesScript, "bash", process.execPath, ...words];
  const result = await runProgramFile("bash", script, { env });
  if (result.exitCode !== 0) throw new Error(`${words.join(" ")} failed: ${result.stderr}`);
  return timesOf(result.stdout);
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
