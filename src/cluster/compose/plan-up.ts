import type { MachineContext } from "../../machine/context.ts";
import { missingMachines } from "../create-cluster.ts";
import { allClusters } from "../find.ts";
import { invalid, type WantedCluster, type WantedMachine, type WantedMachines } from "./x-machine.ts";

/** One thing that `up` has to do. */
export type UpStep =
  | { readonly kind: "create-cluster"; readonly wanted: WantedCluster; readonly text: string }
  | { readonly kind: "scale-cluster"; readonly wanted: WantedCluster; readonly text: string }
  | { readonly kind: "create-machine"; readonly wanted: WantedMachine; readonly text: string };

/**
 * Compares what a compose file wants with what the store has; the same file again gives no steps.
 * @throws COMPOSE_INVALID where a name is taken by something else, or the number of masters is another
 */
export async function planUp(ctx: MachineContext, wanted: WantedMachines): Promise<UpStep[]> {
  const clusters = await allClusters(ctx.store);
  const steps: UpStep[] = [];
  for (const one of wanted.clusters) {
    const { name, masters, nodes } = one;
    const create: UpStep = {
      kind: "create-cluster",
      wanted: one,
      text: `create cluster ${name}: ${count(masters, "master")}, ${count(nodes, "node")}`,
    };
    const found = clusters.find((cluster) => cluster.name === name);
    if (found === undefined) {
      steps.push(create);
      continue;
    }
    const there = found.plan?.masters.length ?? found.group.masters.length;
    if (there !== masters) {
      throw invalid([
        `${one.at}: the cluster "${name}" has ${count(there, "master")}, not ${masters}: machine cluster promote and demote change that`,
      ]);
    }
    const planned = found.plan?.nodes.length ?? found.group.members.length - found.group.masters.length;
    const missing = found.plan === undefined ? [] : await missingMachines(ctx, found.plan);
    if (planned !== nodes) {
      steps.push({
        kind: "scale-cluster",
        wanted: one,
        text: `change cluster ${name}: ${count(nodes, "node")} instead of ${planned}`,
      });
    } else if (missing.length > 0) {
      steps.push({ ...create, text: `finish cluster ${name}: make ${missing.join(", ")}` });
    }
  }
  for (const one of wanted.machines) {
    const isThere =
      (await ctx.store.exists(one.name)) && (await ctx.store.readJournal(one.name)) === undefined;
    if (!isThere) steps.push({ kind: "create-machine", wanted: one, text: `create machine ${one.name}` });
  }
  return steps;
}

const count = (number: number, what: string) => `${number} ${what}${number === 1 ? "" : "s"}`;
