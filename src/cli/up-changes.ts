import type { WantedMachine } from "../cluster/compose/x-machine.ts";
import { clusterKey } from "../cluster/membership.ts";
import type { DriverModule } from "../driver/driver.ts";
import type { FlagValues } from "../driver/flags.ts";
import { AppError } from "../kit/errors.ts";
import type { MachineContext } from "../machine/context.ts";
import { newDriverConfig } from "../machine/defaults.ts";
import type { HostRecord, StoredDriver } from "../store/record.ts";
import { type Change, listKeys, planChanges, textKeys } from "./set-plan.ts";

/** How a machine that is there differs from what a compose file says of it. */
export interface Differences {
  /** For `machine set`. */
  readonly words: readonly string[];
  readonly changes: readonly Change[];
  /** What cannot be changed any more: "docker-image …". */
  readonly fixed: readonly string[];
}

const sizeNames: Readonly<Record<string, "cpus" | "memory">> = {
  CPU: "cpus",
  CPUs: "cpus",
  Cpus: "cpus",
  Memory: "memory",
  MemoryMiB: "memory",
};

/** What is compared. */
interface Sides {
  readonly record: HostRecord;
  readonly wanted: WantedMachine;
  readonly driver: DriverModule;
  /** The flags of create as the file gives them. */
  readonly values: FlagValues;
  /** The same without the flags of the driver. */
  readonly plain: FlagValues;
  readonly canResize: boolean;
}

/** Compares what the file names, and nothing else: a key that it leaves out may be anything. */
export function differencesOf(ctx: MachineContext, sides: Sides): Differences {
  const { record, wanted, driver, values } = sides;
  const named = (key: string) => wanted.flags.has(key);
  const words = [
    ...listKeys.filter(named).flatMap((key) => listWords(record, key, values.list(key))),
    ...textKeys.filter(named).map((key) => `${key}=${values.string(key)}`),
  ];
  const fixed: string[] = [];
  const { Discovery } = record.HostOptions.SwarmOptions;
  // the id alone, as promote moves a cluster from its token service to an etcd
  if (named("swarm-discovery") && clusterKey(values.string("swarm-discovery")) !== clusterKey(Discovery))
    fixed.push("swarm-discovery");
  if (named("engine-install-url")) {
    const { InstallURL } = record.HostOptions.EngineOptions;
    if (values.string("engine-install-url") !== InstallURL) fixed.push("engine-install-url");
  }
  if (driver.name !== record.DriverName)
    fixed.push(`driver: it was made by ${record.DriverName}, not by ${driver.name}`);
  else {
    for (const { key, value } of driverDifferences(ctx, sides)) {
      const size = sizeNames[key];
      if (size === undefined || !sides.canResize)
        fixed.push(`${key}: ${shown(record.Driver[key])}, not ${shown(value)}`);
      else words.push(`${size}=${shown(value)}`);
    }
  }
  const changes = planChanges(record, words).filter(({ from, to }) => !isSameSet(from, to));
  if (!driver.features.hasHost) {
    // a URL alone, which nothing can be told
    return { words: [], changes: [], fixed: [...fixed, ...changes.map(({ key }) => key)] };
  }
  const isChanged = (word: string) => changes.some(({ key }) => word.startsWith(`${key}=`));
  return { words: words.filter(isChanged), changes, fixed };
}

/** `cluster create` itself adds this to masters over a store of the user's own. */
const replication = "replication";

function listWords(record: HostRecord, key: string, values: readonly string[]): string[] {
  const keeps =
    key === "swarm-opt" &&
    record.HostOptions.SwarmOptions.ArbitraryFlags.includes(replication) &&
    !values.some((value) => value.startsWith(replication));
  const all = keeps ? [replication, ...values] : values;
  return all.length === 0 ? [`${key}=`] : all.map((value) => `${key}=${value}`);
}

/** The entries of the driver's record that come of the file's flags and are different. */
function driverDifferences({ store }: MachineContext, { record, driver, values, plain }: Sides) {
  const base = newDriverConfig(store, record.Name, record.HostOptions.SwarmOptions);
  const wanted = driver.configure(values, base);
  const unnamed = unnamedConfig(driver, plain, base);
  return Object.entries(wanted).flatMap(([key, value]) =>
    isSame(value, unnamed[key]) || isSame(value, record.Driver[key]) ? [] : [{ key, value }],
  );
}

/** A driver that must be told something makes no config without it. */
function unnamedConfig(driver: DriverModule, plain: FlagValues, base: StoredDriver): StoredDriver {
  try {
    return driver.configure(plain, base);
  } catch (error) {
    if (error instanceof AppError) return base;
    throw error;
  }
}

const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
const isSameSet = (from: string, to: string) => isSame(from.split(", ").sort(), to.split(", ").sort());
const shown = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
