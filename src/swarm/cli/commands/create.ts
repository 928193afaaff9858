import { randomBytes } from "node:crypto";
import { createCluster, tokenHttp } from "../../discovery/backends/token.ts";
import type { RunCommand } from "../context.ts";
import { discoverySettings } from "../discovery-settings.ts";
import { fatal } from "../fatal.ts";

/** Prints the ID of a new cluster: a service's, or one made here, which any manager adopts. */
export const run: RunCommand = async (context, flags, positionals) => {
  if (positionals.length > 0) {
    throw fatal(`the \`create\` command takes no arguments. See '${context.program} create --help'.`);
  }
  const name = flags.text("name");
  const service = flags.text("service");
  if (service === "") {
    if (name !== "") {
      throw fatal(
        "a name needs a discovery service that keeps it",
        "give --service URL or set SWARM_DISCOVERY_URL",
      );
    }
    context.out(`${randomBytes(16).toString("hex")}\n`);
    return 0;
  }
  const http = tokenHttp(service.replace(/\/+$/, ""), await discoverySettings(context, flags));
  try {
    context.out(`${await createCluster(http, name)}\n`);
  } finally {
    http.close();
  }
  return 0;
};
