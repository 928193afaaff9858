import { AppError, messageOf } from "../kit/errors.ts";
import { nearest } from "../kit/nearest.ts";
import type { DriverCheck, DriverContext, DriverIndex, DriverModule } from "./driver.ts";
import { unknownDriver } from "./unknown-driver.ts";

/** The drivers that there are; loads each at first use. */
export interface DriverRegistry {
  /** In the order of the index. */
  names(): readonly string[];
  summary(name: string): string;
  has(name: string): boolean;
  /** For create: UNKNOWN_DRIVER with the list and a near name. */
  require(name: string): Promise<DriverModule>;
  /** For records: a stub that knows nothing of the host when the driver is unknown. */
  find(name: string): Promise<DriverModule>;
  /** The usable driver of the highest rank for `create` without `--driver`; NO_DRIVER with every reason. */
  choose(ctx: DriverContext): Promise<{ driver: DriverModule; check: DriverCheck }>;
}

const noSuchDriver = (name: string, names: readonly string[]) => {
  const near = nearest(name, names);
  const guess = near === undefined ? "" : `did you mean "${near}"? `;
  return new AppError("UNKNOWN_DRIVER", `there is no driver named "${name}"`, {
    hint: `${guess}drivers: ${names.join(", ")}`,
  });
};

/** The registry over an index like that of drivers/index.ts. */
export function driverRegistry(index: DriverIndex): DriverRegistry {
  const names = Object.keys(index);
  const load = async (name: string) => (Object.hasOwn(index, name) ? index[name]?.load() : undefined);
  return {
    names: () => names,
    summary: (name) => (Object.hasOwn(index, name) ? (index[name]?.summary ?? "") : ""),
    has: (name) => Object.hasOwn(index, name),
    async require(name) {
      const driver = await load(name);
      if (driver === undefined) throw noSuchDriver(name, names);
      return driver;
    },
    async find(name) {
      return (await load(name)) ?? unknownDriver(name);
    },
    async choose(ctx) {
      return chooseDriver(await Promise.all(names.map(load)), ctx);
    },
  };
}

async function chooseDriver(
  all: readonly (DriverModule | undefined)[],
  ctx: DriverContext,
): Promise<{ driver: DriverModule; check: DriverCheck }> {
  const candidates = all
    .flatMap((driver) => (driver?.features.defaultRank === undefined ? [] : [driver]))
    .sort((a, b) => (b.features.defaultRank ?? 0) - (a.features.defaultRank ?? 0));
  const reasons: string[] = [];
  for (const driver of candidates) {
    const check = await checkSafely(driver, ctx);
    if (check.usable) return { driver, check };
    reasons.push(`${driver.name}: ${[check.reason, check.hint].filter(Boolean).join("; ")}`);
  }
  throw new AppError("NO_DRIVER", "no driver can be used here", {
    hint: [...reasons, "choose a driver with --driver"].join("\n"),
  });
}

/** A driver whose check fails in itself is not usable, and says so. */
async function checkSafely(driver: DriverModule, ctx: DriverContext): Promise<DriverCheck> {
  try {
    return await driver.check(ctx);
  } catch (error) {
    return { usable: false, reason: messageOf(error) };
  }
}
