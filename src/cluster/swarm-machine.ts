import { poll } from "../kit/retry.ts";
import type { Machine } from "../machine/machine.ts";
import { agentBody, agentName, managerBody, managerName } from "./containers.ts";
import { swarmImageMissing } from "./errors.ts";
import { ensureEtcd } from "./ha/ensure-etcd.ts";
import { haClusterId } from "./ha/ha-discovery.ts";
import { removeEtcd } from "./ha/remove-etcd.ts";
import { reconcile, reconcileAgent } from "./reconcile.ts";
import type { SwarmEngine } from "./swarm-engine.ts";
import { swarmHost } from "./swarm-host.ts";
import { discoveryFor } from "./told-discovery.ts";

/** What src/cluster needs of the outside; composed in src/cli/main.ts. */
export interface SwarmTools {
  /** The machine's engine, through its SSH connection where its socket can be opened, else over TLS. */
  engineOf<T>(machine: Machine, task: (engine: SwarmEngine) => Promise<T>): Promise<T>;
  /** Path of an image for engines that is kept on this computer, or undefined. */
  localImage(kind: "swarm" | "etcd"): Promise<string | undefined>;
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
        await removeEtcd(engine),
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
    const haId = haClusterId(swarm.Discovery);
    const changed: boolean[] = [];
    if (haId !== undefined && swarm.Master) {
      detail("starting its etcd");
      changed.push(await ensureEtcd(machine, engine, host, haId, tools));
    }
    detail("starting the swarm containers");
    changed.push(
      await reconcile(engine, managerName, manager),
      await reconcileAgent(engine, agentName, agent),
    );
    if (!swarm.Master) changed.push(await removeEtcd(engine));
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
    const path = await tools.localImage("swarm");
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
