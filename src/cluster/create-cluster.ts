import { usageError } from "../kit/errors.ts";
import type { MachineContext } from "../machine/context.ts";
import { type CreateRequest, createMachine } from "../machine/create.ts";
import { forAll } from "../machine/errors.ts";
import { withMachine } from "../machine/machine.ts";
import { checkMachineName } from "../store/name.ts";
import { type ClusterPlan, readPlan, removePlan, writePlan } from "./cluster-file.ts";
import { bareTokenId, newClusterId } from "./discovery-url.ts";
import { clusterNameTaken, machineNotOfCluster, otherMasters } from "./errors.ts";
import { allClusters } from "./find.ts";
import { fewMasters } from "./ha/errors.ts";
import { haClusterId, haDiscovery } from "./ha/ha-discovery.ts";
import { healthyLimit, waitUntilHealthy } from "./healthy.ts";
import { clusterKey } from "./membership.ts";
import { allMembers } from "./side-file.ts";
import { type StepTiming, swarmSteps } from "./steps.ts";
import type { SwarmTools } from "./swarm-machine.ts";

export interface ClusterRequest {
  readonly name: string;
  readonly masters: number;
  readonly nodes: number;
  readonly driver: string;
  /** "" for the cluster's own. */
  readonly discovery: string;
  /** What further machines are to be given as well. */
  readonly options: ClusterPlan["options"];
}

/** Names of a cluster's machines: NAME-master, or NAME-master-01 and so on; NAME-node-01 and so on. */
function memberNames(name: string, masters: number, nodes: number) {
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
  if (request.masters > 1 && bareTokenId(request.discovery) !== undefined) {
    throw usageError(
      "several masters need a store that they share: leave --swarm-discovery out and they run an etcd of their own",
    );
  }
  const warning = fewMasters(request.masters);
  if (warning !== undefined) ctx.report({ type: "warning", message: warning });
  return ctx.store.withLock("clusters", async () => {
    const before = await readPlan(ctx.store, request.name);
    if (before === undefined) {
      const clusters = await allClusters(ctx.store);
      if (clusters.some(({ name }) => name === request.name)) throw clusterNameTaken(request.name);
    }
    const { masters, nodes } = memberNames(request.name, request.masters, request.nodes);
    if (before !== undefined && before.masters.length !== masters.length)
      throw otherMasters(request.name, before.masters.length);
    const plan: ClusterPlan = {
      version: 1,
      name: request.name,
      discovery: before?.discovery ?? (request.discovery || ownDiscovery(request.masters)),
      masters: before?.masters ?? masters,
      nodes: before === undefined ? nodes : moreNodes(before, request.nodes),
      driver: request.driver,
      options: request.options,
    };
    await refuseForeign(ctx, plan);
    await writePlan(ctx.store, plan);
    return plan;
  });
}

/** The nodes of a plan, and as many new names as are missing; nodes that `scale` added stay. */
export function moreNodes(
  { name, masters, nodes }: ClusterPlan,
  count: number,
  taken: readonly string[] = [],
) {
  const names = [...nodes];
  for (let number = 1; names.length < count; number += 1) {
    const candidate = memberNames(name, 1, number).nodes.at(-1) ?? "";
    if (![...masters, ...names, ...taken].includes(candidate)) names.push(candidate);
  }
  return names;
}

const ownDiscovery = (masters: number) =>
  masters === 1 ? `token://${newClusterId()}` : haDiscovery(newClusterId());

async function refuseForeign(ctx: MachineContext, plan: ClusterPlan): Promise<void> {
  const members = await allMembers(ctx.store);
  const wanted = [...plan.masters, ...plan.nodes];
  const foreign = members.find(
    ({ record }) =>
      wanted.includes(record.Name) &&
      clusterKey(record.HostOptions.SwarmOptions.Discovery) !== clusterKey(plan.discovery),
  );
  if (foreign !== undefined) throw machineNotOfCluster(foreign.record.Name, plan.name);
}

/**
 * Forgets a plan of which no machine was made, so that its name is free again.
 * @returns true when it did
 */
export function forgetUnmade(ctx: MachineContext, { name }: ClusterPlan): Promise<boolean> {
  return ctx.store.withLock("clusters", async () => {
    const cluster = (await allClusters(ctx.store)).find((one) => one.name === name);
    if (cluster === undefined || cluster.group.members.length > 0) return false;
    for (const planned of [...(cluster.plan?.masters ?? []), ...(cluster.plan?.nodes ?? [])]) {
      if (await ctx.store.exists(planned)) return false;
    }
    await removePlan(ctx.store, name);
    return true;
  });
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

/**
 * Waits until the machines that an earlier run made are Healthy as well; those that are off are told of.
 * @throws SWARM_NODE_NOT_HEALTHY
 */
export async function settleOthers(
  ctx: MachineContext,
  plan: ClusterPlan,
  made: readonly string[],
  tools: SwarmTools,
): Promise<void> {
  const others = [...plan.masters, ...plan.nodes].filter((name) => !made.includes(name));
  await forAll(others, async (name) =>
    withMachine(ctx, await ctx.store.get(name), async (machine) => {
      const state = await machine.driver.state();
      if (state === "Running") return waitUntilHealthy(machine, tools, healthyLimit(machine));
      const message = `it does not run (${state}); machine cluster repair ${plan.name} brings it back`;
      ctx.report({ type: "warning", machine: name, message });
    }),
  );
}

/** Makes the machines of one run side by side; nodes are told the masters' addresses as soon as they are known. */
export class ClusterCreation {
  private readonly ctx: MachineContext;
  private readonly tools: SwarmTools;
  private readonly plan: ClusterPlan;
  private readonly names: readonly string[];
  private readonly masters: readonly string[];
  /** Their addresses are known: their etcds can begin together. */
  private readonly addressed: Turnstile;
  private readonly ready: Turnstile;

  /** @param names the machines that this run makes */
  constructor(ctx: MachineContext, tools: SwarmTools, plan: ClusterPlan, names: readonly string[]) {
    this.ctx = ctx;
    this.tools = tools;
    this.plan = plan;
    this.names = names;
    this.masters = names.filter((name) => plan.masters.includes(name));
    this.addressed = turnstile(this.masters);
    this.ready = turnstile(this.masters);
  }

  /** So many must be made at once, as they wait for each other. */
  get leastWidth(): number {
    return haClusterId(this.plan.discovery) === undefined ? 1 : Math.max(1, this.masters.length);
  }

  private afterAddress(name: string): Promise<unknown> {
    this.addressed.pass(name);
    return this.addressed.all;
  }

  /** Makes one machine; a master that fails does not keep the others waiting. */
  async make(name: string, base: CreateRequest): Promise<void> {
    const { ctx, plan, tools } = this;
    const isMaster = plan.masters.includes(name);
    const timing: StepTiming = {
      ...(isMaster ? { addressed: () => this.afterAddress(name) } : { before: this.ready.all }),
      configured: () => this.ready.pass(name),
      together: this.names,
    };
    try {
      const swarm = swarmPart(plan, base.swarm, isMaster);
      await createMachine(ctx, { ...base, name, swarm }, swarmSteps(ctx.store, tools, plan.name, timing));
    } finally {
      this.addressed.pass(name);
      this.ready.pass(name);
    }
  }
}

/** Masters of a store of the user's own share the work as well. */
function swarmPart(plan: ClusterPlan, given: CreateRequest["swarm"], isMaster: boolean) {
  const flags = given?.ArbitraryFlags ?? [];
  const isShared = plan.masters.length > 1 && haClusterId(plan.discovery) === undefined;
  const replicates = flags.some((flag) => flag.startsWith("replication"));
  return {
    ...given,
    IsSwarm: true,
    Agent: true,
    Master: isMaster,
    Discovery: plan.discovery,
    ArbitraryFlags: isShared && isMaster && !replicates ? ["replication", ...flags] : flags,
  };
}

interface Turnstile {
  /** Resolves when all have passed. */
  readonly all: Promise<unknown>;
  pass(name: string): void;
}

function turnstile(names: readonly string[]): Turnstile {
  const waiting = new Map<string, () => void>();
  const all = Promise.all(names.map((name) => new Promise<void>((resolve) => waiting.set(name, resolve))));
  return {
    all,
    pass: (name) => waiting.get(name)?.(),
  };
}
