import { listClusters, tokenHttp } from "../../discovery/backends/token.ts";
import type { RunCommand } from "../context.ts";
import { discoverySettings } from "../discovery-settings.ts";
import { fatal } from "../fatal.ts";

/** Prints the clusters of a discovery service as a table. */
export const run: RunCommand = async (context, flags) => {
  const service = flags.text("service");
  if (service === "") {
    throw fatal("no discovery service is known", "give --service URL or set SWARM_DISCOVERY_URL");
  }
  const http = tokenHttp(service.replace(/\/+$/, ""), await discoverySettings(context, flags));
  try {
    const clusters = await listClusters(http);
    const rows = [
      ["CLUSTER ID", "NAME", "NODES"],
      ...clusters.map(({ id, name, nodes }) => [id, name, String(nodes)]),
    ];
    const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
    for (const [id = "", name = "", nodes = ""] of rows) {
      context.out(`${id.padEnd(widths[0] ?? 0)}   ${name.padEnd(widths[1] ?? 0)}   ${nodes}\n`);
    }
  } finally {
    http.close();
  }
  return 0;
};
