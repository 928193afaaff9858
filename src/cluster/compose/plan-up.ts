import type { MachineContext } from "../../machine/context.ts";
import { withMachine } from "../../machine/machine.ts";
import { compareNatural } from "../../machine/natural-order.ts";
import { missingMachines } from "../create-cluster.ts";
import { bareTokenId } from "../discovery-url.ts";
import { allClusters, type FoundCluster } from "../find.ts";
import { haClusterId } from "../ha/ha-discovery.ts";
import { planOf, planScaling } from "../resize-cluster.ts";
import { clusterStatus } from "../status.ts";
import type { SwarmTools } from "../swarm-machine.ts";
import { invalid, type WantedCluster, type WantedMachine, type WantedMachines } from "./x-machine.ts";

interface ClusterStep {
  readonly wanted: WantedCluster;
  readonly text: string;
}

/** One thing that `up` has to do. */
export type UpStep =
  | (ClusterStep & { readonly kind: "create-cluster" | "repair-cluster" })
  | (ClusterStep & { readonly kind: "scale-cluster"; readonly nodes: number })
  | (ClusterStep & { readonly kind: "promote" | "demote" | "remove"; readonly machines: readonly string[] })
  | {
      readonly kind: "create-machine" | "start-machine";
      readonly wanted: WantedMachine;
      readonly text: string;
    };

export interface UpPlan {
  readonly steps: readonly UpStep[];
  /** Machines that are there and stay: their own options may differ from the file. */
  readonly present: readonly { readonly name: string; readonly wanted: WantedMachine }[];
}

/**
 * Compares what a compose file wants with what the store has; the same file again gives no steps.
 * @throws COMPOSE_INVALID where a cluster with a discovery of its own is to get another number of masters
 */
export async function planUp(
  ctx: MachineContext,
  wanted: WantedMachines,
  tools: SwarmTools,
): Promise<UpPlan> {
  const clusters = await allClusters(ctx.store);
  const steps: UpStep[] = [];
  const present: { name: string; wanted: WantedMachine }[] = [];
  for (const one of wanted.clusters) {
    const found = clusters.find(({ name }) => name === one.name);
    if (found === undefined) {
      const text = `create cluster ${one.name}: ${count(one.masters, "master")}, ${count(one.nodes, "node")}`;
      steps.push({ kind: "create-cluster", wanted: one, text });
      continue;
    }
    const own = await clusterSteps(ctx, one, found, tools);
    steps.push(...own);
    const going = own.flatMap((step) => (step.kind === "remove" ? step.machines : []));
    const unmade = found.plan === undefined ? [] : await missingMachines(ctx, found.plan);
    const { masters, nodes } = rolesOf(found);
    for (const name of [...masters, ...nodes])
      if (!going.includes(name) && !unmade.includes(name)) present.push({ name, wanted: one });
  }
  for (const one of wanted.machines) {
    const { name } = one;
    const isThere = (await ctx.store.exists(name)) && (await ctx.store.readJournal(name)) === undefined;
    if (!isThere) {
      steps.push({ kind: "create-machine", wanted: one, text: `create machine ${name}` });
      continue;
    }
    present.push({ name, wanted: one });
    const state = await withMachine(ctx, await ctx.store.get(name), ({ driver }) =>
      driver.state().catch(() => "Error"),
    );
    if (isOff(state)) steps.push({ kind: "start-machine", wanted: one, text: `start machine ${name}` });
  }
  return { steps, present };
}

async function clusterSteps(
  ctx: MachineContext,
  wanted: WantedCluster,
  found: FoundCluster,
  tools: SwarmTools,
): Promise<UpStep[]> {
  const repair = await repairText(ctx, found, tools);
  return [
    ...(repair === "" ? [] : [{ kind: "repair-cluster" as const, wanted, text: repair }]),
    ...(await roleSteps(ctx, wanted, found)),
  ];
}

const isOff = (state: string) => ["Stopped", "Saved", "Paused"].includes(state);

/** What is not as the cluster was planned; "" when all is well. */
async function repairText(ctx: MachineContext, found: FoundCluster, tools: SwarmTools): Promise<string> {
  const { members, state } = await clusterStatus(ctx, found, tools);
  const missing = found.plan === undefined ? [] : await missingMachines(ctx, found.plan);
  const having = (test: (state: string) => boolean) =>
    members.flatMap((one) => (test(one.state) && !missing.includes(one.name) ? [one.name] : []));
  const off = having(isOff);
  const gone = having((state) => state === "NotFound");
  const parts = [
    ...(missing.length > 0 ? [`make ${missing.join(", ")}`] : []),
    ...(off.length > 0 ? [`start ${off.join(", ")}`] : []),
    ...(gone.length > 0 ? [`make ${gone.join(", ")} anew: its host is gone`] : []),
    ...(state === "Down" && off.length + gone.length === 0 ? ["no manager answers"] : []),
  ];
  if (parts.length === 0) return "";
  return `${missing.length > 0 ? "finish" : "repair"} cluster ${found.name}: ${parts.join("; ")}`;
}

/** Another number of masters or nodes: what is made is made first, then roles change, then what is too much goes. */
async function roleSteps(ctx: MachineContext, wanted: WantedCluster, found: FoundCluster): Promise<UpStep[]> {
  const { name } = found;
  const { masters, nodes } = rolesOf(found);
  const more = wanted.masters - masters.length;
  if (
    more !== 0 &&
    haClusterId(found.discovery) === undefined &&
    bareTokenId(found.discovery) === undefined
  ) {
    throw invalid([
      `${wanted.at}: the cluster "${name}" has ${count(masters.length, "master")}, not ${wanted.masters}, and a discovery of your own, over which up makes no masters`,
    ]);
  }
  const steps: UpStep[] = [];
  const scale = (target: number, from: number) =>
    steps.push({
      kind: "scale-cluster",
      wanted,
      nodes: target,
      text: `change cluster ${name}: ${count(target, "node")} instead of ${from}`,
    });
  const remove = (machines: readonly string[]) =>
    steps.push({
      kind: "remove",
      wanted,
      machines,
      text: `remove ${machines.join(", ")} from cluster ${name}`,
    });
  // what is promoted comes from the nodes, so there must be enough of them first
  const needed = wanted.nodes + Math.max(0, more);
  let left = nodes;
  if (nodes.length < needed && more >= 0) {
    scale(needed, nodes.length);
    left = [...(await planScaling(ctx, name, needed)).plan.nodes].sort(compareNatural);
  }
  if (more > 0) {
    const machines = left.slice(-more);
    left = left.slice(0, -more);
    steps.push({
      kind: "promote",
      wanted,
      machines,
      text: `make ${machines.join(", ")} ${masterOf(machines, name)}`,
    });
  }
  if (more < 0) {
    const machines = masters.slice(more);
    steps.push({
      kind: "demote",
      wanted,
      machines,
      text: `make ${machines.join(", ")} ${nodeOf(machines, name)}`,
    });
    if (nodes.length + machines.length < wanted.nodes) scale(wanted.nodes, nodes.length + machines.length);
    // former masters go first: the nodes' names stand in constraints
    left = [...nodes, ...machines];
  }
  if (left.length > wanted.nodes) remove(left.slice(wanted.nodes).sort(compareNatural));
  return steps;
}

const masterOf = ({ length }: readonly string[], name: string) =>
  length === 1 ? `a master of cluster ${name}` : `masters of cluster ${name}`;
const nodeOf = ({ length }: readonly string[], name: string) =>
  length === 1 ? `a node of cluster ${name}` : `nodes of cluster ${name}`;

/** Planned masters and nodes in the order of their numbers; machines that joined by themselves do not count. */
function rolesOf(found: FoundCluster): { masters: string[]; nodes: string[] } {
  const { masters, nodes } = found.plan ?? planOf(found);
  return { masters: [...masters].sort(compareNatural), nodes: [...nodes].sort(compareNatural) };
}

const count = (number: number, what: string) => `${number} ${what}${number === 1 ? "" : "s"}`;
