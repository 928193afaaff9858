import { basename } from "node:path";
import { AppError } from "../kit/errors.ts";
import type { Store } from "../store/store.ts";
import type { Io } from "./command.ts";

/** The machines that a command is about: those named, each once, else the one called "default". */
export async function machineNames(store: Store, args: readonly string[]): Promise<readonly string[]> {
  if (args.length > 0) return [...new Set(args)];
  if (await store.exists("default")) return ["default"];
  throw new AppError("NO_MACHINE_NAMED", 'no machine was named, and there is none called "default"', {
    hint: "machine ls shows the machines there are",
  });
}

/** The one machine that a command is about. */
export async function machineName(store: Store, args: readonly string[]): Promise<string> {
  const [name] = await machineNames(store, args.slice(0, 1));
  if (name === undefined) throw new TypeError("a machine has a name");
  return name;
}

/** What the user called this program; run from its sources or its bundle it is called "machine". */
export function programName(io: Pick<Io, "argv">): string {
  const name = basename(io.argv[0] ?? "").replace(/\.(js|cjs|mjs|ts|exe)$/, "");
  return name === "" || name === "main" ? "machine" : name;
}
