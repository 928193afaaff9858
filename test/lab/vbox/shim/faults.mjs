// Faults that a test asked for: the Nth matching call fails, waits, or its VM dies.
import { join } from "node:path";
import { alone, labFolder, readJson, stateFolder, writeJson } from "./lab.mjs";

/** The fault for this call, or an empty object. Counts calls that match, whether the fault is due or not. */
export function faultFor(args) {
  const faults = readJson(join(labFolder, "faults.json"), []);
  if (faults.length === 0) return {};
  const line = args.join(" ");
  return alone("faults", () => {
    const path = join(stateFolder, "fault-counts.json");
    const counts = readJson(path, {});
    let due = {};
    for (const [index, fault] of faults.entries()) {
      if (!new RegExp(fault.match).test(line)) continue;
      const count = (counts[index] ?? 0) + 1;
      counts[index] = count;
      const first = fault.nth ?? 1;
      if (Object.keys(due).length === 0 && count >= first && count < first + (fault.count ?? 1)) due = fault;
    }
    writeJson(path, counts);
    return due;
  });
}
