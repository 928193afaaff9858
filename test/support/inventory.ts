import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { MachineLab } from "./machine-lab.ts";

/** All that commands of one store may leave behind, each as a sorted list of words. */
export interface Inventory extends StoreInventory {
  readonly containers: readonly string[];
  readonly volumes: readonly string[];
  readonly networks: readonly string[];
  /** Command lines of processes that work on the store. */
  readonly processes: readonly string[];
}

/** What there is in a store. */
export interface StoreInventory {
  /** Entries of `machines/`, hidden ones too. */
  readonly machines: readonly string[];
  readonly locks: readonly string[];
  /** Half-written files anywhere in the store. */
  readonly drafts: readonly string[];
}

/** What there is now on the user's engine, in the store and among the processes. */
export async function inventoryOf(world: MachineLab): Promise<Inventory> {
  const listed = async (...args: readonly string[]) => {
    const { stdout } = await world.lab.run("docker", args, { env: world.env });
    return sorted(stdout.split("\n"));
  };
  return {
    containers: await listed("ps", "-a", "--format", "{{.Names}}"),
    volumes: await listed("volume", "ls", "-q"),
    networks: await listed("network", "ls", "--format", "{{.Name}}"),
    ...storeInventory(world.store),
    processes: processesOf(world.store),
  };
}

export function storeInventory(store: string): StoreInventory {
  return {
    machines: filesOf(join(store, "machines")),
    locks: filesOf(join(store, ".machine", "locks")),
    drafts: draftsBelow(store),
  };
}

export function sorted(lines: readonly string[]): string[] {
  return lines
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .sort();
}

function filesOf(path: string): string[] {
  try {
    return readdirSync(path).sort();
  } catch {
    return []; // it is made at first use
  }
}

function draftsBelow(path: string): string[] {
  try {
    const all = readdirSync(path, { recursive: true }).map(String);
    return all.filter((name) => /\.tmp[0-9a-f]*$|\.new$|\.part$/.test(name)).sort();
  } catch {
    return [];
  }
}

/** Processes of the program, by the store in their environment. */
function processesOf(store: string): string[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return sorted(
    pids.filter((pid) => environmentOf(pid).includes(`MACHINE_STORAGE_PATH=${store}`)).map(commandOf),
  );
}

function environmentOf(pid: string): string[] {
  return read(`/proc/${pid}/environ`).split("\0");
}

const commandOf = (pid: string) => read(`/proc/${pid}/cmdline`).replaceAll("\0", " ");

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // it ended meanwhile
  }
}
