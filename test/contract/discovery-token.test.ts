import { afterAll, beforeAll, describe } from "vitest";
import type { DiscoveryOptions } from "../../src/swarm/discovery/discovery.ts";
import { openDiscovery } from "../../src/swarm/discovery/index.ts";
import { startTokenService } from "../support/token-service.ts";
import { contractOptions, drainContract, lockContract, registeringContract } from "./discovery.ts";

describe("token against our service", () => {
  let service: Awaited<ReturnType<typeof startTokenService>>;

  beforeAll(async () => {
    service = await startTokenService();
  });
  afterAll(() => service.stop());

  const token = {
    goneWithinMs: 4_000,
    open: (cluster: string, options?: Partial<DiscoveryOptions>) =>
      openDiscovery(`token+http://${service.endpoint}/${cluster}`, contractOptions(options)),
  };
  registeringContract(() => token);
  drainContract(() => token);
  lockContract(() => token, 10_000);
});
