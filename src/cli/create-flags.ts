import type { DriverModule } from "../driver/driver.ts";
import { usageError } from "../kit/errors.ts";
import type { MachineContext } from "../machine/context.ts";
import { isFlag, splitFlag } from "./argv.ts";
import type { CliFlag, CommandContext } from "./command.ts";

const list = (name: string, summary: string, env?: string): CliFlag => ({
  name,
  type: "list",
  summary,
  ...(env === undefined ? {} : { env }),
});

const text = (name: string, fallback: string, summary: string, env?: string): CliFlag => ({
  name,
  type: "string",
  default: fallback,
  summary,
  ...(env === undefined ? {} : { env }),
});

/** The flags of `create` that every driver shares. */
export const sharedCreateFlags: readonly CliFlag[] = [
  { ...text("driver", "", "driver of the machine", "MACHINE_DRIVER"), short: "d" },
  text(
    "engine-install-url",
    "https://get.docker.com",
    "script that installs the engine",
    "MACHINE_DOCKER_INSTALL_URL",
  ),
  list("engine-opt", "option of the engine: KEY=VALUE or a flag"),
  list("engine-insecure-registry", "registry that the engine may use without TLS"),
  list("engine-registry-mirror", "registry mirror of the engine", "ENGINE_REGISTRY_MIRROR"),
  list("engine-label", "label of the engine: KEY=VALUE"),
  text("engine-storage-driver", "", "storage driver of the engine"),
  list("engine-env", "variable in the engine's environment: KEY=VALUE"),
  { name: "swarm", type: "bool", summary: "join a Swarm" },
  text("swarm-image", "swarm:latest", "image of the Swarm", "MACHINE_SWARM_IMAGE"),
  { name: "swarm-master", type: "bool", summary: "run the manager of a Swarm" },
  text("swarm-discovery", "", "where the Swarm's nodes find each other (its master, when left out)"),
  text("swarm-name", "", "name of the cluster (the master's, when left out)"),
  text("swarm-strategy", "spread", "how the manager places containers: spread, binpack, random"),
  list("swarm-opt", "option of the manager"),
  list("swarm-join-opt", "option of the agent"),
  text("swarm-host", "tcp://0.0.0.0:3376", "where the manager listens"),
  text("swarm-addr", "", "address that the Swarm advertises for this machine"),
  { name: "swarm-experimental", type: "bool", summary: "switch on the Swarm's experimental features" },
  list("tls-san", "further name or address in the server certificate"),
  { name: "keep", type: "bool", summary: "leave everything as it is when the create fails" },
  {
    name: "parallel",
    type: "int",
    default: 0,
    summary: "how many machines are made at once (0: by cores and memory)",
  },
];

/** The shared flags and those of the driver that the words, the environment or this computer choose. */
export async function createFlags(
  ctx: CommandContext,
  words: readonly string[],
): Promise<readonly CliFlag[]> {
  if (/^--?(d|driver)$/.test(words.at(-1) ?? "")) throw usageError("--driver needs a value");
  const name = namedDriver(words) ?? ctx.io.env["MACHINE_DRIVER"] ?? "";
  const help = words.length === 0;
  if (name === "" && help) return sharedCreateFlags;
  const machines = await ctx.machines();
  const { driver } = await chosenDriver(machines, name);
  const flags = [...sharedCreateFlags, ...driver.flags];
  await refuseFlagsOfOthers(machines, driver.name, words, flags);
  return flags;
}

/** A flag of another driver is no typing mistake: the error names the driver that it belongs to. */
async function refuseFlagsOfOthers(
  machines: MachineContext,
  chosen: string,
  words: readonly string[],
  flags: readonly CliFlag[],
): Promise<void> {
  const end = words.indexOf("--");
  const given = words.slice(0, end < 0 ? words.length : end).filter(isFlag);
  const unknown = given.map((word) => splitFlag(word).name).filter((name) => !hasFlag(flags, name));
  if (unknown.length === 0) return;
  for (const other of machines.drivers.names()) {
    const driver = await machines.drivers.require(other);
    const name = unknown.find((one) => driver.flags.some((flag) => flag.name === one));
    if (name === undefined) continue;
    throw usageError(
      `--${name} is a flag of the driver ${other}, and the driver here is ${chosen}`,
      `--driver ${other} chooses that one; machine create --driver ${chosen} --help shows the flags of ${chosen}`,
    );
  }
}

function hasFlag(flags: readonly CliFlag[], name: string): boolean {
  return flags.some((flag) => flag.name === name || flag.short === name);
}

/** The driver that a command line names, found before its flags are known; the last one counts. */
export function namedDriver(words: readonly string[]): string | undefined {
  let found: string | undefined;
  for (let at = 0; at < words.length && words[at] !== "--"; at += 1) {
    const [, , value] = /^--?(d|driver)(?:=(.*))?$/s.exec(words[at] ?? "") ?? [undefined, undefined, null];
    if (value === null) continue;
    found = value ?? words[++at];
  }
  return found;
}

const choices = new WeakMap<MachineContext, Promise<{ driver: DriverModule; chosen: boolean }>>();

/** The driver of a name; without one the best that is usable, looked for once. */
export function chosenDriver(
  machines: MachineContext,
  name: string,
): Promise<{ driver: DriverModule; chosen: boolean }> {
  if (name !== "") return machines.drivers.require(name).then((driver) => ({ driver, chosen: false }));
  const before = choices.get(machines);
  if (before !== undefined) return before;
  const choice = choose(machines);
  choices.set(machines, choice);
  return choice;
}

async function choose(machines: MachineContext) {
  const { driverContext } = await import("../machine/driver-context.ts");
  const { Connections } = await import("../machine/connections.ts");
  const unnamed = "default";
  const connections = new Connections(machines.ssh, machines.store.knownHostsPath(unnamed));
  const { driver } = await machines.drivers.choose(driverContext(machines, unnamed, connections));
  return { driver, chosen: true };
}
