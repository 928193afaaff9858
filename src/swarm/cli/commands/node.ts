import * as v from "valibot";
import type { RunCommand } from "../context.ts";
import { fatal } from "../fatal.ts";
import { managerClient } from "../manager-client.ts";

const nodesSchema = v.array(
  v.object({
    Name: v.string(),
    Addr: v.string(),
    Status: v.string(),
    Availability: v.string(),
    Error: v.optional(v.string(), ""),
  }),
);

/** `node ls`, `node drain NODE`, `node activate NODE`: asks a manager. */
export function runNode(action: "ls" | "drain" | "activate"): RunCommand {
  return async (context, flags, positionals) => {
    const [name, ...more] = positionals;
    if (action === "ls" ? name !== undefined : name === undefined || more.length > 0) {
      throw fatal(
        action === "ls"
          ? "node ls takes no arguments"
          : `name one node: ${context.program} node ${action} NODE`,
      );
    }
    const ask = await managerClient(context, flags);
    if (name !== undefined) {
      await ask("POST", `/swarm-nodes/${encodeURIComponent(name)}/${action}`);
      context.out(`${name}\n`);
      return 0;
    }
    const nodes = v.parse(nodesSchema, JSON.parse(await ask("GET", "/swarm-nodes")));
    const rows = [
      ["NODE", "ADDRESS", "STATUS", "AVAILABILITY", "ERROR"],
      ...nodes.map((node) => [node.Name, node.Addr, node.Status, node.Availability, node.Error]),
    ];
    const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
    for (const row of rows) {
      context.out(
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join("   ")
          .trimEnd()}\n`,
      );
    }
    return 0;
  };
}
