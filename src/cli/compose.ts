import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { WantedMachines } from "../cluster/compose/x-machine.ts";
import { AppError, messageOf } from "../kit/errors.ts";
import type { Env } from "../kit/process.ts";
import type { CommandContext } from "./command.ts";

/** The names that docker compose looks for, in its order, each with its override. */
const defaultNames = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];

interface MachineFile {
  /** Absolute, in the order that docker compose takes them. */
  readonly files: readonly string[];
  /** The one with `x-machine`. */
  readonly main: string;
  readonly wanted: WantedMachines;
}

/** Finds the compose files and reads `x-machine`. @throws COMPOSE_NOT_FOUND, COMPOSE_INVALID */
export async function machineFile(ctx: CommandContext, given: readonly string[]): Promise<MachineFile> {
  const files =
    given.length > 0 ? given.map((file) => resolve(ctx.io.cwd, file)) : await defaultFiles(ctx.io.cwd);
  const { readMachineBlock } = await import("../cluster/compose/x-machine.ts");
  let found: MachineFile | undefined;
  for (const file of files) {
    const text = await readFile(file, "utf8").catch((error: unknown) => {
      throw new AppError("COMPOSE_NOT_FOUND", `the compose file cannot be read: ${messageOf(error)}`);
    });
    const wanted = readMachineBlock(shown(ctx.io.cwd, file), text);
    if (wanted === undefined) continue;
    if (found !== undefined)
      throw new AppError("COMPOSE_INVALID", `both ${found.main} and ${file} have x-machine`);
    found = { files, main: file, wanted };
  }
  if (found !== undefined) return found;
  throw new AppError(
    "COMPOSE_INVALID",
    `${files.map((file) => shown(ctx.io.cwd, file)).join(", ")}: there is no x-machine`,
    {
      hint: "docs/compose.md shows what it may hold",
    },
  );
}

const shown = (cwd: string, file: string) => (file.startsWith(`${cwd}/`) ? file.slice(cwd.length + 1) : file);

async function defaultFiles(cwd: string): Promise<string[]> {
  for (const name of defaultNames) {
    if (!(await isFile(join(cwd, name)))) continue;
    const base = name.replace(/\.ya?ml$/, "");
    for (const end of ["yml", "yaml"]) {
      const override = join(cwd, `${base}.override.${end}`);
      if (await isFile(override)) return [join(cwd, name), override];
    }
    return [join(cwd, name)];
  }
  throw new AppError("COMPOSE_NOT_FOUND", `there is no compose file in ${cwd}`, {
    hint: `machine up -f FILE names one; looked for ${defaultNames.join(", ")}`,
  });
}

function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (one) => one.isFile(),
    () => false,
  );
}

/** `docker compose up -d` on a cluster or machine. @returns its exit code */
export function composeUp(ctx: CommandContext, files: readonly string[], use: string): Promise<number> {
  return compose(ctx, files, use, ["up", "--detach", "--remove-orphans"]);
}

/** `docker compose down`. */
export function composeDown(ctx: CommandContext, files: readonly string[], use: string): Promise<number> {
  return compose(ctx, files, use, ["down", "--remove-orphans"]);
}

async function compose(
  ctx: CommandContext,
  files: readonly string[],
  use: string,
  words: readonly string[],
): Promise<number> {
  const machines = await ctx.machines();
  const { isCluster, env } = await target(ctx, use);
  await ctx.progress.end();
  const { serviceNetworks, bridgeOverride } = await import("../cluster/compose/services.ts");
  const { runAttached } = await import("../kit/attached.ts");
  const base = [
    "compose",
    "--project-directory",
    dirname(files[0] ?? ctx.io.cwd),
    ...files.flatMap((file) => ["--file", file]),
  ];
  if (!isCluster) return runAttached("docker", [...base, ...words], { env });
  const config = await machines.run("docker", [...base, "config", "--format", "json"], {
    env,
    timeoutMs: 60_000,
  });
  const { onBridge, local } = serviceNetworks(JSON.parse(config.stdout));
  for (const name of local) {
    const message = `the network "${name}" is on one node alone: services on it reach each other there only`;
    ctx.progress.report({ type: "warning", message });
  }
  await ctx.progress.end();
  const dir = await mkdtemp(join(tmpdir(), "machine-compose-"));
  try {
    const override = join(dir, "bridge.yaml");
    await writeFile(override, bridgeOverride(onBridge));
    return await runAttached("docker", [...base, "--file", override, ...words], { env });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** The variables for docker, and the addresses of the machines for the compose file. */
async function target(ctx: CommandContext, use: string): Promise<{ isCluster: boolean; env: Env }> {
  const machines = await ctx.machines();
  const [{ verifiedConnection }, { envVariables }, { allClusters }, { addressVariable }] = await Promise.all([
    import("./connect.ts"),
    import("../machine/connection.ts"),
    import("../cluster/find.ts"),
    import("../cluster/compose/services.ts"),
  ]);
  const cluster = (await allClusters(machines.store)).find(({ name }) => name === use);
  const connection = await verifiedConnection(ctx, [use], cluster !== undefined);
  const records = (await machines.store.loadAll()).flatMap(({ record }) =>
    record === undefined ? [] : [record],
  );
  const addresses = records.map(({ Name, Driver }) => [addressVariable(Name), Driver.IPAddress] as const);
  const variables = envVariables(machines, connection, { noProxy: true });
  return { isCluster: cluster !== undefined, env: Object.fromEntries([...addresses, ...variables]) };
}
