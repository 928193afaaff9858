import { join } from "node:path";
import type { CommandModule } from "../command.ts";
import { verifiedConnection } from "../connect.ts";

/** Five options for the docker command line, quoted for a shell and for Go's own quoting alike. */
export const run: CommandModule["run"] = async (ctx, args, flags) => {
  const { url, certPath } = await verifiedConnection(ctx, args, flags.bool("swarm"));
  const path = (file: string) => JSON.stringify(join(certPath, file));
  ctx.io.out(
    [
      "--tlsverify",
      `--tlscacert=${path("ca.pem")}`,
      `--tlscert=${path("cert.pem")}`,
      `--tlskey=${path("key.pem")}`,
      `-H=${url}`,
      "",
    ].join("\n"),
  );
  return 0;
};
