import { AppError, messageOf } from "../kit/errors.ts";
import type { Machine } from "../machine/machine.ts";
import type { SwarmHost } from "./containers.ts";
import type { SwarmEngine } from "./swarm-engine.ts";

/** What the swarm containers of a running machine must know of it. */
export async function swarmHost(machine: Machine, engine: SwarmEngine): Promise<SwarmHost> {
  const { driver } = machine;
  const [ip, url, optionsDir, bridgeGateway] = await Promise.all([
    driver.ip(),
    driver.url(),
    optionsDirOf(machine),
    engine.bridgeGateway(),
  ]);
  const port = Number(new URL(url).port || "2376");
  return { ip, enginePort: await peerPort(machine, port), optionsDir, bridgeGateway };
}

/** Peers reach the engine on its own port, whatever the client's side of a published port is. */
async function peerPort(machine: Machine, urlPort: number): Promise<number> {
  const key = machine.module.features.enginePortKey;
  const kept = key === undefined ? undefined : machine.driver.config[key];
  if (typeof kept === "number" && kept > 0) return kept;
  const reached = await machine.driver.reach(2376);
  return reached.port === urlPort ? 2376 : urlPort;
}

const findOptionsDir =
  "for dir in /var/lib/boot2docker /etc/docker /var/lib/rancher/conf; do " +
  'if sudo -n test -f "$dir/server.pem" 2>/dev/null || [ -f "$dir/server.pem" ]; then echo "$dir"; exit 0; fi; done; exit 1';

/** Where the provisioner put the certificates; asked of the machine, since every distribution has its own. */
export async function optionsDirOf(machine: Machine): Promise<string> {
  const connection = await machine.ssh();
  try {
    return (await connection.run(findOptionsDir)).stdout.trim();
  } catch (error) {
    throw new AppError(
      "SWARM_NOT_PROVISIONED",
      `machine "${machine.name}" has no certificates for Swarm: ${messageOf(error)}`,
      { hint: `machine provision ${machine.name}`, cause: error },
    );
  }
}
