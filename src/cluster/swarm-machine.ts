import { AppError, messageOf } from "../kit/errors.ts";
import { poll } from "../kit/retry.ts";
import type { Machine } from "../machine/machine.ts";
import { agentBody, agentName, managerBody, managerName, type SwarmHost } from "./containers.ts";
import { bareTokenId, swarmPort, tokenUrl } from "./discovery-url.ts";
import { swarmImageMissing } from "./errors.ts";
import { type ClusterGroup, clustersOf } from "./membership.ts";
import { reconcile } from "./reconcile.ts";
import { allMembers } from "./side-file.ts";
import type { SwarmEngine } from "./swarm-engine.ts";

/** What src/cluster needs of the outside; composed in src/cli/main.ts. */
export interface SwarmTools {
  /** The machine's engine, through its SSH connection where its socket can be opened, else over TLS. */
  engineOf<T>(machine: Machine, task: (engine: SwarmEngine) => Promise<T>): Promise<T>;
  /** Path of the swarm image that is kept on this computer, or undefined. */
  localSwarmImage(): Promise<string | undefined>;
  /** The body of GET /info at the manager of a machine, with the store's client certificate; rejects when none answers. */
  managerInfo(machine: Machine, address: { host: string; port: number }): Promise<unknown>;
}

/** The image that `create` uses unless the user names one; ours may be loaded, others are pulled. */
export const defaultSwarmImage = "swarm:latest";

/**
 * Brings the swarm containers of a running machine to what its record says; idempotent.
 * @returns true when something was changed
 */
export async function configureSwarm(machine: Machine, tools: SwarmTools): Promise<boolean> {
  const { record, ctx } = machine;
  const { SwarmOptions: swarm, EngineOptions: engineOptions } = record.HostOptions;
  const detail = (message: string) => ctx.report({ type: "detail", machine: machine.name, message });
  return tools.engineOf(machine, async (engine) => {
    if (!swarm.IsSwarm) {
      const removed = [
        await reconcile(engine, agentName, undefined),
        await reconcile(engine, managerName, undefined),
      ];
      return removed.includes(true);
    }
    await ensureImage(machine, engine, tools, swarm.Image, detail);
    const host = await swarmHost(machine, engine);
    const discovery = await discoveryFor(machine);
    if (discovery.missingMaster) {
      ctx.report({
        type: "warning",
        machine: machine.name,
        message: `no master of ${swarm.Discovery} is in the store yet; the agent joins once it is made`,
      });
    }
    const manager = swarm.Master ? managerBody(swarm, engineOptions, host, discovery.manager) : undefined;
    const agent = swarm.Agent ? agentBody(swarm, engineOptions, host, discovery.agent) : undefined;
    detail("starting the swarm containers");
    const changed = [
      await reconcile(engine, managerName, manager),
      await reconcile(engine, agentName, agent),
    ];
    return changed.includes(true);
  });
}

/** How long a machine may take to load the image that it carries; a slow guest needs most of a minute. */
const ownImageMs = 180_000;

async function ensureImage(
  machine: Machine,
  engine: SwarmEngine,
  tools: SwarmTools,
  image: string,
  detail: (message: string) => void,
): Promise<void> {
  const isOurs = image === defaultSwarmImage || image === "swarm";
  if (isOurs) {
    if (await engine.hasImage(defaultSwarmImage)) return;
    if (await carriesImage(machine)) {
      detail("waiting for the swarm image that the machine carries");
      const { clock, signal } = machine.ctx;
      const loaded = await poll(async () => ((await engine.hasImage(defaultSwarmImage)) ? true : undefined), {
        clock,
        timeoutMs: Math.max(ownImageMs, machine.ctx.deadlines.engineMs),
        intervalMs: 200,
        maxIntervalMs: 1_000,
        ...(signal === undefined ? {} : { signal }),
      });
      if (loaded) return;
    }
    const path = await tools.localSwarmImage();
    if (path !== undefined) {
      detail("loading the swarm image");
      await engine.loadImage(path);
      return;
    }
  }
  detail(`pulling ${image}`);
  try {
    await engine.pullImage(image, detail);
  } catch (error) {
    // a registry that cannot be reached is no reason to refuse an image that is there
    if (await engine.hasImage(image)) return;
    throw swarmImageMissing(image, error);
  }
}

/** True when the machine's own system loads the swarm image after its engine's start; source: docs/images.md. */
async function carriesImage(machine: Machine): Promise<boolean> {
  const connection = await machine.ssh();
  const found = await connection.run("[ -s /usr/share/machine/images/swarm.tar ]", { okCodes: [0, 1] });
  return found.exitCode === 0;
}

async function swarmHost(machine: Machine, engine: SwarmEngine): Promise<SwarmHost> {
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

/** The cluster that a machine of the store belongs to, or undefined. */
export async function clusterOfMachine(machine: Machine): Promise<ClusterGroup | undefined> {
  const members = await allMembers(machine.ctx.store);
  const { Discovery } = machine.record.HostOptions.SwarmOptions;
  return clustersOf(members).find(({ discovery }) => discovery === Discovery);
}

interface DiscoveryTexts {
  manager: string;
  agent: string;
  missingMaster: boolean;
}

/**
 * What the containers are told. A bare token://ID stays in the record; its manager serves the id itself, agents get that
 * manager's address.
 */
async function discoveryFor(machine: Machine): Promise<DiscoveryTexts> {
  const swarm = machine.record.HostOptions.SwarmOptions;
  const id = bareTokenId(swarm.Discovery);
  const asGiven = { manager: swarm.Discovery, agent: swarm.Discovery, missingMaster: false };
  if (id === undefined) return asGiven;
  if (swarm.Master) {
    const host = await machine.driver.ip();
    return { ...asGiven, agent: tokenUrl({ host, port: swarmPort(swarm.Host) }, id) };
  }
  const address = await masterAddress(machine);
  if (address === undefined) return { ...asGiven, missingMaster: true };
  return { ...asGiven, agent: tokenUrl(address, id) };
}

/** Address of the cluster's manager as its peers see it, from the store alone. */
async function masterAddress(machine: Machine): Promise<{ host: string; port: number } | undefined> {
  const cluster = await clusterOfMachine(machine);
  const master = cluster?.masters.find(({ record }) => record.Driver.IPAddress !== "")?.record;
  if (master === undefined) return undefined;
  return { host: master.Driver.IPAddress, port: swarmPort(master.HostOptions.SwarmOptions.Host) };
}
