import { messageOf } from "../kit/errors.ts";
import type { CreateStep } from "../machine/create.ts";
import type { LifecycleHooks } from "../machine/lifecycle.ts";
import type { Machine } from "../machine/machine.ts";
import type { Store } from "../store/store.ts";
import { clusterOfMachine } from "./cluster-of.ts";
import { agentName } from "./containers.ts";
import { bareTokenId } from "./discovery-url.ts";
import { haClusterId } from "./ha/ha-discovery.ts";
import { refreshMembers } from "./ha/refresh.ts";
import { forgetNode, takeMemberOut } from "./ha/take-out.ts";
import { healthyLimit, waitUntilHealthy } from "./healthy.ts";
import { writeClusterNote } from "./side-file.ts";
import { configureSwarm, type SwarmTools } from "./swarm-machine.ts";

/** Longest wait for the cluster to let a machine go that is removed. */
const signOffMs = 10_000;

export interface StepTiming {
  /** What to wait for before the containers are configured: the master, whose address agents are told. */
  readonly before?: Promise<unknown>;
  /** Called once the store has a master's address; what it gives is waited for: the addresses of the others. */
  readonly addressed?: () => Promise<unknown>;
  /** Machines that are made in the same run, and are told of the masters by it. */
  readonly together?: readonly string[];
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
        await machine.driver.ip();
        await machine.save();
        await timing.before;
        await timing.addressed?.();
        await configureSwarm(machine, tools);
        await machine.save();
        timing.configured?.();
        if (machine.record.HostOptions.SwarmOptions.Master)
          await tellOthers(machine, tools, timing.together ?? []);
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
      await movedTo(machine, tools);
      await machine.save(); // the agents' side reads the address from the store
      if (machine.record.HostOptions.SwarmOptions.Master) await tellOthers(machine, tools, []);
    },
  };
}

/** At a new address; a master that cannot reach its etcd there is told how it is mended. */
async function movedTo(machine: Machine, tools: SwarmTools): Promise<void> {
  const { Master, Discovery } = machine.record.HostOptions.SwarmOptions;
  if (!Master || haClusterId(Discovery) === undefined) {
    await configureSwarm(machine, tools);
    return;
  }
  try {
    await configureSwarm(machine, tools);
  } catch (error) {
    const name = (await clusterOfMachine(machine))?.name ?? "";
    const message = `its address changed, and its etcd does not run there yet: ${messageOf(error)}; when the other masters run: machine cluster repair ${name}`;
    machine.ctx.report({ type: "warning", machine: machine.name, message });
  }
}

/**
 * Takes a master that is about to go out of its cluster's etcd, and lets its agent take its registration back. Without that the manager would wait for its
 * end, and a new machine with the same address would be taken for the old one.
 */
async function signOff(machine: Machine, tools: SwarmTools): Promise<void> {
  const { IsSwarm, Agent, Master, Discovery } = machine.record.HostOptions.SwarmOptions;
  if (!IsSwarm) return;
  const others = Master && haClusterId(Discovery) !== undefined ? await otherMasters(machine) : [];
  let isMember = others.length > 0;
  const over = new AbortController();
  const work = (async () => {
    if (isMember) isMember = !(await takeMemberOut(machine, tools));
    if (!Agent) return;
    if ((await machine.driver.state()) !== "Running") {
      await forgetNode(machine, tools);
      return;
    }
    await tools.engineOf(machine, (engine) => engine.remove(agentName, 3));
  })().catch((error: unknown) => {
    // the machine goes all the same; its registration ends by itself
    machine.ctx.log.debug(`${machine.name}: it could not sign off: ${messageOf(error)}`);
  });
  const limit = machine.ctx.clock.delay(signOffMs, over.signal).catch(() => undefined); // the work was done first
  await Promise.race([work, limit]);
  over.abort();
  if (isMember) await warnOfMember(machine, others);
}

async function otherMasters(machine: Machine): Promise<string[]> {
  const cluster = await clusterOfMachine(machine);
  return (cluster?.masters ?? []).map(({ record }) => record.Name).filter((name) => name !== machine.name);
}

/** A member that is counted and never answers costs the others their majority the sooner. */
async function warnOfMember(machine: Machine, others: readonly string[]): Promise<void> {
  const name = (await clusterOfMachine(machine))?.name ?? "";
  const message = `it is still counted in the etcd of its cluster, as ${others.join(", ")} did not answer; once they run: machine cluster repair ${name}`;
  machine.ctx.report({ type: "warning", machine: machine.name, message });
}

/**
 * Brings the cluster's other running machines to the master's present address: those that were made before it, or that name
 * an address which it had before.
 * @param informed machines that know it already
 */
async function tellOthers(master: Machine, tools: SwarmTools, informed: readonly string[]): Promise<void> {
  const { Discovery } = master.record.HostOptions.SwarmOptions;
  if (bareTokenId(Discovery) === undefined && haClusterId(Discovery) === undefined) return;
  const cluster = await clusterOfMachine(master);
  const others = (cluster?.members ?? []).filter(
    ({ record }) => record.Name !== master.name && !informed.includes(record.Name),
  );
  await refreshMembers(master.ctx, others, tools);
}
