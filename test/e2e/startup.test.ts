import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { machineProgram, projectRoot, runProgramFile } from "../support/program.ts";
import { sampleRecord } from "../support/sample-record.ts";
import { tempDir } from "../support/temp-dir.ts";

/** CPU time of `node -e 0` on the machine on which the bounds were set, in ms: bounds are ratios to it. */
const nodeMs = 23;

/** An engine that refuses at once. */
const nowhere = "tcp://127.0.0.1:1";

let home: Awaited<ReturnType<typeof tempDir>>;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  home = await tempDir();
  const { NODE_EXTRA_CA_CERTS: _costly, NODE_OPTIONS: _foreign, ...rest } = process.env;
  env = {
    ...rest,
    HOME: home.path,
    MACHINE_STORAGE_PATH: join(home.path, "store"),
    MACHINE_DOCKER_HOST: nowhere,
  };
});

afterAll(async () => {
  await home[Symbol.asyncDispose]();
});

/** User and system time of one run, in ms; bash's `times` tells that of ended children to the millisecond. */
async function cpuMs(words: readonly string[], storagePath?: string): Promise<number> {
  const script = '"$@" >/dev/null 2>&1; code=$?; times; exit $code';
  const result = await runProgramFile("bash", ["-c", script, "bash", process.execPath, ...words], {
    env: storagePath === undefined ? env : { ...env, MACHINE_STORAGE_PATH: storagePath },
  });
  expect(result).toMatchObject({ exitCode: 0, stderr: "" });
  const children = result.stdout.trim().split("\n").at(-1) ?? "";
  const parts = [...children.matchAll(/(\d+)m([\d.]+)s/g)];
  expect(parts).toHaveLength(2);
  return parts.reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60_000 + Number(seconds) * 1000,
    0,
  );
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/**
 * How many times the CPU time of `b` that of `a` is. Other processes make single runs slower, never faster: the runs
 * alternate, and the better of the ratios of medians and of minima counts.
 */
async function ratio(a: () => Promise<number>, b: () => Promise<number>, runs: number): Promise<number> {
  const base: number[] = [];
  const mine: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    base.push(await a());
    mine.push(await b());
  }
  return Math.min(median(mine) / median(base), Math.min(...mine) / Math.min(...base));
}

/** Measures up to five times until the bound holds: a busy machine can spoil a measurement, not improve one. */
async function bestRatio(
  a: () => Promise<number>,
  b: () => Promise<number>,
  bound: number,
  runs = 11,
): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < 5 && best > bound; attempt += 1)
    best = Math.min(best, await ratio(a, b, runs));
  return best;
}

const node = () => cpuMs(["-e", "0"]);

describe("start-up time", () => {
  test("--version costs at most 6 ms more than node itself", async () => {
    const bound = 1 + 6 / nodeMs;
    expect(await bestRatio(node, () => cpuMs([machineProgram, "--version"]), bound)).toBeLessThanOrEqual(
      bound,
    );
  });

  test("ls of an empty store costs at most 12 ms more than node itself", async () => {
    const bound = 1 + 12 / nodeMs;
    expect(await bestRatio(node, () => cpuMs([machineProgram, "ls"]), bound)).toBeLessThanOrEqual(bound);
  });

  test("ls of 100 stopped machines takes at most 3 times as long as ls of none", async () => {
    const root = join(home.path, "full");
    for (let index = 0; index < 100; index += 1) stoppedMachine(root, index);
    const empty = () => cpuMs([machineProgram, "ls"]);
    const full = () => cpuMs([machineProgram, "ls"], root);
    expect(await bestRatio(empty, full, 3, 5)).toBeLessThanOrEqual(3);
  });
});

/** A quarter each: VMs, containers, hosts that refuse, and machines of a driver that is not here; none runs. */
function stoppedMachine(root: string, index: number): void {
  const name = `m${index}`;
  const record = sampleRecord(root, name);
  const drivers = ["virtualbox", "docker", "generic", "someplugin"];
  record.DriverName = drivers[index % drivers.length] ?? "";
  record.Driver = { ...record.Driver, IPAddress: "127.0.0.1", SSHPort: 1 }; // where nobody listens
  record.HostOptions.SwarmOptions = { ...record.HostOptions.SwarmOptions, Discovery: "", Master: false };
  mkdirSync(join(root, "machines", name), { recursive: true, mode: 0o700 });
  writeFileSync(join(root, "machines", name, "config.json"), JSON.stringify(record), { mode: 0o600 });
}

describe("what is loaded", () => {
  /** Prints, at exit, the chunks and built-in modules that were loaded. */
  const probe = `
    const before = new Set(process.moduleLoadList);
    process.on("exit", () => {
      const builtins = process.moduleLoadList.filter((id) => !before.has(id) && id.startsWith("NativeModule "));
      const files = Object.keys(require.cache);
      require("node:fs").writeSync(2, JSON.stringify({ files, builtins: builtins.map((id) => id.slice(13)) }));
    });
    process.argv.splice(1, 1, ${JSON.stringify(machineProgram)});
    require(${JSON.stringify(machineProgram)});`;

  async function loadedBy(...words: readonly string[]) {
    const { stderr } = await runProgramFile(process.execPath, ["-e", probe, "--", "x", ...words], { env });
    const loaded: { files: string[]; builtins: string[] } = JSON.parse(stderr);
    const chunks = loaded.files.filter((file) => file.startsWith(join(projectRoot, "dist")));
    return { modules: chunks.flatMap(modulesOf), chunks, builtins: loaded.builtins };
  }

  /** The source files of a chunk, as its source map has them: "src/cli/program.ts", "commander". */
  function modulesOf(chunk: string): string[] {
    if (!existsSync(`${chunk}.map`)) return []; // the bundler's own runtime
    const map: { sources: string[] } = JSON.parse(readFileSync(`${chunk}.map`, "utf8"));
    return map.sources.map((source) => {
      const path = relative(projectRoot, resolve(dirname(chunk), source))
        .split(sep)
        .join("/");
      return /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? path;
    });
  }

  /** What `ls` may load: the command line, the records, the list and the drivers' register; of packages commander. */
  const mayLoad = [
    /^src\/cli\//,
    /^src\/kit\/(attached|clock|errors|fs|lock|log|nearest|process|process-identity|retry|shell)\.ts$/,
    /^src\/store\//,
    /^src\/driver\//,
    /^src\/machine\/(connections|context|driver-context|errors|list[\w-]*|machine|natural-order|states)\.ts$/,
    /^src\/ssh\/open\.ts$/,
    /^drivers\/index\.ts$/,
    /^commander$/,
  ];
  const mustNotLoad =
    /^src\/cli\/(commands\/(?!ls\.ts)|completion\/|output|colours|ls-format|progress-live|swarm-tools)/;

  test("ls loads no module that it does not need", async () => {
    const { modules, builtins } = await loadedBy("ls");
    expect(modules).toContain("src/cli/commands/ls.ts");
    const more = modules.filter((id) => mustNotLoad.test(id) || !mayLoad.some((pattern) => pattern.test(id)));
    expect(
      more.filter((id) => !id.includes("\0") && !id.includes("rolldown") && !id.includes("left-out")),
    ).toEqual([]);
    const costly = ["net", "tls", "http", "https", "crypto", "child_process", "stream", "tty", "zlib", "dns"];
    expect(builtins.filter((id) => costly.includes(id))).toEqual([]);
  });

  test("--version loads neither commander nor the store", async () => {
    const { modules } = await loadedBy("--version");
    expect(modules).toContain("src/cli/program.ts");
    expect(modules.filter((id) => id === "commander" || id.startsWith("src/store/file-store"))).toEqual([]);
  });
});
