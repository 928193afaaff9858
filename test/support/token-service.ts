import { systemClock } from "../../src/kit/clock.ts";
import { listen } from "../../src/swarm/discovery/service/listen.ts";
import { createDiscoveryService } from "../../src/swarm/discovery/service/service.ts";
import { recordingLog } from "./swarm-log.ts";
import { tempDir } from "./temp-dir.ts";

/** Our token service in this process, in plain HTTP. */
export async function startTokenService() {
  const home = await tempDir();
  const service = await createDiscoveryService({
    dir: home.path,
    requireClientCertFor: "nothing",
    clock: systemClock,
    log: recordingLog(),
  });
  const server = await listen("127.0.0.1:0", (request, response) => {
    if (!service.handle(request, response)) response.writeHead(404).end();
  });
  return {
    /** "127.0.0.1:port/v1" */
    endpoint: `${server.address}/v1`,
    async stop(): Promise<void> {
      await server.close();
      await service.close();
      await home[Symbol.asyncDispose]();
    },
  };
}
