import type { MachineState } from "../driver/driver.ts";
import { messageOf } from "../kit/errors.ts";
import type { MachineContext } from "../machine/context.ts";
import { openMachine } from "../machine/machine.ts";
import type { FoundCluster } from "./find.ts";
import { askManager } from "./healthy.ts";
import type { ManagerInfo } from "./manager-info.ts";
import type { SwarmTools } from "./swarm-machine.ts";
import { swarmUrlOf } from "./view.ts";

export interface ClusterMember {
  readonly name: string;
  readonly role: "master" | "node";
  readonly state: MachineState;
  /** What the manager says of it; "" when no manager answers or it is not known there. */
  readonly status: string;
  readonly error: string;
}

export interface ClusterStatus {
  readonly name: string;
  readonly discovery: string;
  /**
   * Ready: a manager answers and reports every machine Healthy. Degraded: a manager answers, not all are. Incomplete: planned
   * machines are missing. Down: no manager answers.
   */
  readonly state: "Ready" | "Degraded" | "Incomplete" | "Down";
  /** "tcp://host:port" of a manager that answers; "" without one. */
  readonly endpoint: string;
  readonly strategy: string;
  readonly members: readonly ClusterMember[];
  readonly missing: readonly string[];
}

/** Asks the machines and the managers of a cluster how it is; never throws for what they answer. */
export async function clusterStatus(
  ctx: MachineContext,
  cluster: FoundCluster,
  tools: SwarmTools,
): Promise<ClusterStatus> {
  const { group, plan } = cluster;
  const asked = await Promise.all(
    group.members.map(async ({ record }) => {
      const machine = await openMachine(ctx, record);
      const isMaster = record.HostOptions.SwarmOptions.Master;
      const state = await machine.driver.state().catch((): MachineState => "Error");
      const info = isMaster && state === "Running" ? await askManager(machine, tools).catch(messageOf) : "";
      const ip = state === "Running" ? await machine.driver.ip().catch(() => "") : "";
      const endpoint = typeof info === "string" ? "" : await swarmUrlOf(machine);
      return { record, isMaster, state, info, ip, endpoint };
    }),
  );
  const answering = asked.filter((one) => typeof one.info !== "string");
  const best =
    answering.find(({ info }) => typeof info !== "string" && info.role !== "replica") ?? answering[0];
  const info: ManagerInfo | undefined = typeof best?.info === "object" ? best.info : undefined;
  const members = asked.map(({ record, isMaster, state, ip }): ClusterMember => {
    const node = ip === "" ? undefined : info?.nodes.find(({ addr }) => addr.startsWith(`${ip}:`));
    return {
      name: record.Name,
      role: isMaster ? "master" : "node",
      state,
      status: node?.status ?? "",
      error: node?.error ?? "",
    };
  });
  const missing = [...(plan?.masters ?? []), ...(plan?.nodes ?? [])].filter(
    (name) => !members.some((member) => member.name === name),
  );
  return {
    name: cluster.name,
    discovery: cluster.discovery,
    state: stateOf(members, missing, info),
    endpoint: best?.endpoint ?? "",
    strategy: info?.strategy ?? "",
    members,
    missing,
  };
}

function stateOf(
  members: readonly ClusterMember[],
  missing: readonly string[],
  info: ManagerInfo | undefined,
): ClusterStatus["state"] {
  if (missing.length > 0) return "Incomplete";
  if (info === undefined) return "Down";
  return members.every(({ state, status }) => state === "Running" && status === "Healthy")
    ? "Ready"
    : "Degraded";
}
