import { messageOf } from "../kit/errors.ts";
import type { CreateStep } from "../machine/create.ts";
import type { LifecycleHooks } from "../machine/lifecycle.ts";
import { type Machine, withMachine } from "../machine/machine.ts";
import type { Store } from "../store/store.ts";
import { agentName } from "./containers.ts";
import { bareTokenId } from "./discovery-url.ts";
import { healthyLimit, waitUntilHealthy } from "./healthy.ts";
import { writeClusterNote } from "./side-file.ts";
import { clusterOfMachine, configureSwarm, type SwarmTools } from "./swarm-machine.ts";

/** Longest wait for the agent of a machine that is removed. */
const signOffMs = 10_000;

export interface StepTiming {
  /** What to wait for before the containers are configured: the master, whose address agents are told. */
  readonly before?: Promise<unknown>;
  /** Called once the containers run and the store has the machine's address. */
  readonly configured?: () => void;
}

/** What `create` does for a machine of a Swarm, after its engine answers. */
export function swarmSteps(
  store: Store,
  tools: SwarmTools,
  clusterName: string,
  timing: StepTiming = {},
): CreateStep[] {
  return [
    {
      id: "swarm",
      title: "configuring swarm",
      appliesTo: (record) => record.HostOptions.SwarmOptions.IsSwarm,
      reserved: async (record) => {
        if (clusterName !== "")
          await writeClusterNote(store, record.Name, { cluster: clusterName, joined: false });
      },
      run: async (machine) => {
        await timing.before;
        await configureSwarm(machine, tools);
        await machine.save();
        timing.configured?.();
        if (machine.record.HostOptions.SwarmOptions.Master) await tellAgents(machine, tools);
      },
    },
    {
      id: "swarm-healthy",
      title: "waiting for the manager to report the node Healthy",
      appliesTo: (record) => record.HostOptions.SwarmOptions.IsSwarm,
      run: (machine) => waitUntilHealthy(machine, tools, healthyLimit(machine)),
    },
  ];
}

/** What start, provision and the like do for machines of a Swarm. */
export function swarmHooks(tools: SwarmTools): LifecycleHooks {
  const bringUp = async (machine: Machine) => {
    if (machine.record.HostOptions.SwarmOptions.IsSwarm) await configureSwarm(machine, tools);
  };
  return {
    provisioned: bringUp,
    removing: (machine) => signOff(machine, tools),
    started: async (machine, { addressChanged }) => {
      if (!machine.record.HostOptions.SwarmOptions.IsSwarm) return;
      if (!addressChanged) return;
      await configureSwarm(machine, tools);
      await machine.save(); // the agents' side reads the address from the store
      if (machine.record.HostOptions.SwarmOptions.Master) await tellAgents(machine, tools);
    },
  };
}

/**
 * Lets the agent of a machine that is about to go take its registration back. Without that the manager would wait for its
 * end, and a new machine with the same address would be taken for the old one.
 */
async function signOff(machine: Machine, tools: SwarmTools): Promise<void> {
  const { IsSwarm, Agent } = machine.record.HostOptions.SwarmOptions;
  if (!IsSwarm || !Agent) return;
  const over = new AbortController();
  const work = (async () => {
    if ((await machine.driver.state()) !== "Running") return;
    await tools.engineOf(machine, (engine) => engine.remove(agentName, 3));
  })().catch((error: unknown) => {
    // the machine goes all the same; its registration ends by itself
    machine.ctx.log.debug(`${machine.name}: its agent could not sign off: ${messageOf(error)}`);
  });
  const limit = machine.ctx.clock.delay(signOffMs, over.signal).catch(() => undefined); // the work was done first
  await Promise.race([work, limit]);
  over.abort();
}

/**
 * Brings the agents of the cluster's other running machines to the master's present address: those that were made before
 * it, or that name an address which it had before.
 */
async function tellAgents(master: Machine, tools: SwarmTools): Promise<void> {
  if (bareTokenId(master.record.HostOptions.SwarmOptions.Discovery) === undefined) return;
  const cluster = await clusterOfMachine(master);
  const others = (cluster?.members ?? []).filter(({ record }) => record.Name !== master.name);
  await Promise.all(
    others.map(({ record }) =>
      withMachine(master.ctx, record, async (machine) => {
        try {
          if ((await machine.driver.state()) === "Running") await configureSwarm(machine, tools);
        } catch (error) {
          master.ctx.report({
            type: "warning",
            machine: record.Name,
            message: `its agent could not be told the master's address: ${String(error)}`,
          });
        }
      }),
    ),
  );
}
