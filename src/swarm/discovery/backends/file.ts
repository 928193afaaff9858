import { readFile } from "node:fs/promises";
import { AppError, messageOf, systemCode } from "../../../kit/errors.ts";
import type { OpenDiscovery } from "../discovery.ts";
import { expandRange } from "../ranges.ts";
import { watchMembers } from "../watch.ts";
import { cannotRegister } from "./nodes.ts";

/** Reads entries, one a line: ranges as in `nodes://`, comments from `#` on, blank lines skipped. */
export function parseNodesFile(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.replace(/#.*/, "").trim())
    .filter((line) => line !== "")
    .flatMap(expandRange);
}

async function readEntries(path: string): Promise<string[]> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const why = systemCode(error) === "ENOENT" ? `open ${path}: no such file or directory` : messageOf(error);
    throw new AppError("DISCOVERY_FILE", `failed to read '${path}': ${why}`, { cause: error });
  }
  return parseNodesFile(text);
}

/** `file://path`: the members are the lines of a file, looked at again at each heartbeat. */
export const open: OpenDiscovery = async (path, options) => {
  const { clock, heartbeatMs } = options;
  const source = {
    list: async () => ({ addrs: await readEntries(path), cursor: undefined }),
    changed: (_: undefined, signal: AbortSignal) => clock.delay(heartbeatMs, signal),
  };
  return {
    register: async () => {
      throw cannotRegister();
    },
    watch: (onEntries, onError, signal) => watchMembers(source, options, onEntries, onError, signal),
    close: async () => undefined,
  };
};
