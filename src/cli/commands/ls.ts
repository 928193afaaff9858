import { listMachines, listNames } from "../../machine/list.ts";
import { columns } from "../columns.ts";
import type { CommandModule } from "../command.ts";

const header = ["NAME", "ACTIVE", "DRIVER", "STATE", "URL", "SWARM", "DOCKER", "ERRORS"] as const;

export const run: CommandModule["run"] = async (ctx, _args, flags) => {
  const machines = await ctx.machines();
  const { view } = await ctx.clusterParts();
  const query = { filters: flags.list("filter"), timeoutMs: Math.max(0, flags.int("timeout")) * 1000 };
  if (flags.bool("quiet")) {
    for (const name of await listNames(machines, query, view)) ctx.io.out(`${name}\n`);
    return 0;
  }
  const ask = async () => {
    const rows = await listMachines(machines, query, view);
    ctx.signal.throwIfAborted(); // what an interruption cut short is no answer
    return rows;
  };
  const format = flags.bool("json") ? "json" : flags.string("format");
  if (!["", "json", "table"].includes(format.trim())) {
    const { formatter } = await import("../ls-format.ts");
    const print = formatter(format); // a wrong template is told before any machine is asked
    ctx.io.out(print(await ask()));
    return 0;
  }
  const rows = await ask();
  if (format.trim() === "json") {
    const { jsonRows } = await import("../ls-format.ts");
    ctx.io.out(`${JSON.stringify(jsonRows(rows))}\n`);
    return 0;
  }
  const cells = rows.map((row) => [
    row.name,
    row.active,
    row.driverName,
    row.state,
    row.url,
    row.swarm,
    row.dockerVersion,
    row.error,
  ]);
  ctx.io.out(columns([header, ...cells]));
  return 0;
};
