import { usageError } from "../kit/errors.ts";
import type { MachineContext } from "../machine/context.ts";
import { type CreateRequest, createMachine } from "../machine/create.ts";
import { checkMachineName } from "../store/name.ts";
import { type ClusterPlan, readPlan, writePlan } from "./cluster-file.ts";
import { newClusterId } from "./discovery-url.ts";
import { clusterNameTaken, machineNotOfCluster } from "./errors.ts";
import { allClusters } from "./find.ts";
import { allMembers } from "./side-file.ts";
import { swarmSteps } from "./steps.ts";
import type { SwarmTools } from "./swarm-machine.ts";

export interface ClusterRequest {
  readonly name: string;
  readonly masters: number;
  readonly nodes: number;
  readonly driver: string;
  /** "" for the cluster's own. */
  readonly discovery: string;
}

/** Names of a cluster's machines: NAME-master, or NAME-master-01 and so on; NAME-node-01 and so on. */
export function memberNames(name: string, masters: number, nodes: number) {
  const numbered = (kind: string, count: number) =>
    Array.from({ length: count }, (_, index) => `${name}-${kind}-${String(index + 1).padStart(2, "0")}`);
  return {
    masters: masters === 1 ? [`${name}-master`] : numbered("master", masters),
    nodes: numbered("node", nodes),
  };
}

/**
 * Writes down what the cluster is to be; the same request again finds the same plan, so that an interrupted create goes on.
 * @throws USAGE, CLUSTER_NAME_TAKEN, MACHINE_NOT_OF_CLUSTER
 */
export function planCluster(ctx: MachineContext, request: ClusterRequest): Promise<ClusterPlan> {
  checkMachineName(request.name);
  if (request.masters < 1) throw usageError(`--masters takes a number from 1 on, not ${request.masters}`);
  if (request.nodes < 0) throw usageError(`--nodes takes a number from 0 on, not ${request.nodes}`);
  return ctx.store.withLock("clusters", async () => {
    const before = await readPlan(ctx.store, request.name);
    if (before === undefined) {
      const clusters = await allClusters(ctx.store);
      if (clusters.some(({ name }) => name === request.name)) throw clusterNameTaken(request.name);
    }
    const { masters, nodes } = memberNames(request.name, request.masters, request.nodes);
    if (before !== undefined && before.masters.join() !== masters.join())
      throw clusterNameTaken(request.name);
    const plan: ClusterPlan = {
      version: 1,
      name: request.name,
      discovery: before?.discovery ?? (request.discovery || `token://${newClusterId()}`),
      masters,
      nodes: [...new Set([...(before?.nodes ?? []), ...nodes])],
      driver: request.driver,
    };
    await refuseForeign(ctx, plan);
    await writePlan(ctx.store, plan);
    return plan;
  });
}

async function refuseForeign(ctx: MachineContext, plan: ClusterPlan): Promise<void> {
  const members = await allMembers(ctx.store);
  const wanted = [...plan.masters, ...plan.nodes];
  const foreign = members.find(
    ({ record }) =>
      wanted.includes(record.Name) && record.HostOptions.SwarmOptions.Discovery !== plan.discovery,
  );
  if (foreign !== undefined) throw machineNotOfCluster(foreign.record.Name, plan.name);
}

/** The machines of a plan that are not there or not finished, masters first. */
export async function missingMachines(ctx: MachineContext, plan: ClusterPlan): Promise<string[]> {
  const missing: string[] = [];
  for (const name of [...plan.masters, ...plan.nodes]) {
    const isFinished = (await ctx.store.exists(name)) && (await ctx.store.readJournal(name)) === undefined;
    if (!isFinished) missing.push(name);
  }
  return missing;
}

/** Makes the machines of one run side by side; nodes are told the master's address as soon as it is known. */
export class ClusterCreation {
  private readonly ctx: MachineContext;
  private readonly tools: SwarmTools;
  private readonly plan: ClusterPlan;
  private readonly mastersReady: Promise<unknown>;
  private readonly settle = new Map<string, () => void>();

  /** @param names the machines that this run makes */
  constructor(ctx: MachineContext, tools: SwarmTools, plan: ClusterPlan, names: readonly string[]) {
    this.ctx = ctx;
    this.tools = tools;
    this.plan = plan;
    const masters = names.filter((name) => plan.masters.includes(name));
    this.mastersReady = Promise.all(
      masters.map((name) => new Promise<void>((resolve) => this.settle.set(name, resolve))),
    );
  }

  /** Makes one machine; a master that fails does not keep the nodes waiting. */
  async make(name: string, base: CreateRequest): Promise<void> {
    const isMaster = this.plan.masters.includes(name);
    const done = () => this.settle.get(name)?.();
    try {
      await createMachine(
        this.ctx,
        {
          ...base,
          name,
          swarm: {
            ...base.swarm,
            IsSwarm: true,
            Agent: true,
            Master: isMaster,
            Discovery: this.plan.discovery,
          },
        },
        swarmSteps(this.ctx.store, this.tools, this.plan.name, {
          ...(isMaster ? {} : { before: this.mastersReady }),
          configured: done,
        }),
      );
    } finally {
      done();
    }
  }
}
