import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe } from "vitest";
import { systemClock } from "../../src/kit/clock.ts";
import type { DiscoveryOptions } from "../../src/swarm/discovery/discovery.ts";
import { openDiscovery } from "../../src/swarm/discovery/index.ts";
import { createDiscoveryService, type DiscoveryService } from "../../src/swarm/discovery/service/service.ts";
import { contractOptions, lockContract, registeringContract } from "./discovery.ts";

describe("token against our service", () => {
  let service: DiscoveryService;
  let server: Server;
  let dir: string;
  let base: string;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "clusters-"));
    service = await createDiscoveryService({
      dir,
      requireClientCertFor: "nothing",
      clock: systemClock,
      log: contractOptions().log,
    });
    server = createServer((request, response) => {
      if (!service.handle(request, response)) response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    base = `127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
  });

  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await service.close();
    await rm(dir, { recursive: true, force: true });
  });

  const token = {
    goneWithinMs: 4_000,
    open: (cluster: string, options?: Partial<DiscoveryOptions>) =>
      openDiscovery(`token+http://${base}/v1/${cluster}`, contractOptions(options)),
  };
  registeringContract(() => token);
  lockContract(() => token, 10_000);
});
