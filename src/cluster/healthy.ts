import { AppError, messageOf } from "../kit/errors.ts";
import { poll } from "../kit/retry.ts";
import { type Machine, openMachine } from "../machine/machine.ts";
import type { HostRecord } from "../store/record.ts";
import { clusterOfMachine } from "./cluster-of.ts";
import { agentName, managerName } from "./containers.ts";
import { swarmPort } from "./discovery-url.ts";
import { type ManagerInfo, parseManagerInfo } from "./manager-info.ts";
import type { ClusterGroup } from "./membership.ts";
import type { SwarmTools } from "./swarm-machine.ts";

/** Asks the manager that runs on a machine; rejects when it does not answer. */
export async function askManager(machine: Machine, tools: SwarmTools): Promise<ManagerInfo> {
  const port = swarmPort(machine.record.HostOptions.SwarmOptions.Host);
  const info = parseManagerInfo(await tools.managerInfo(machine, await machine.driver.reach(port)));
  if (info === undefined) {
    throw new AppError(
      "NOT_A_MANAGER",
      `what answers on port ${port} of "${machine.name}" is no Swarm manager`,
    );
  }
  return info;
}

/** Asks the masters of a cluster one after the other; the first answer. */
async function askCluster(machine: Machine, cluster: ClusterGroup, tools: SwarmTools): Promise<ManagerInfo> {
  let failure: unknown = new AppError("CLUSTER_WITHOUT_MASTER", `cluster "${cluster.name}" has no master`);
  for (const { record } of cluster.masters) {
    const master = record.Name === machine.name ? machine : await openMachine(machine.ctx, record);
    try {
      return await askManager(master, tools);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

/** Longest wait for a manager to report a node; it hears of it at once, so this is for slow guests. */
export function healthyLimit({ ctx: { deadlines } }: Machine): number {
  return deadlines.healthyMs ?? Math.max(120_000, deadlines.engineMs);
}

/**
 * Waits until a manager of the machine's cluster reports its engine Healthy.
 * @throws SWARM_NODE_NOT_HEALTHY with what the manager says and how the containers are
 */
export async function waitUntilHealthy(
  machine: Machine,
  tools: SwarmTools,
  timeoutMs: number,
): Promise<void> {
  const { ctx, record } = machine;
  const cluster = await clusterOfMachine(machine);
  if (cluster === undefined || cluster.masters.length === 0) return;
  const ip = await machine.driver.ip();
  let last = "no manager has answered yet";
  const healthy = await poll(
    async () => {
      try {
        const info = await askCluster(machine, cluster, tools);
        if (!record.HostOptions.SwarmOptions.Agent) return true;
        const node = info.nodes.find(({ addr }) => addr.startsWith(`${ip}:`));
        if (node?.status === "Healthy") return true;
        last =
          node === undefined ? "the manager does not know it yet" : `${node.status} ${node.error}`.trim();
      } catch (error) {
        last = messageOf(error);
      }
      return undefined;
    },
    { clock: ctx.clock, timeoutMs, intervalMs: 200, maxIntervalMs: 2_000, ...signalOf(machine) },
  );
  if (healthy === undefined) throw notHealthy(record, last, await containerReport(machine, tools), timeoutMs);
}

function signalOf({ ctx }: Machine): { signal?: AbortSignal } {
  return ctx.signal === undefined ? {} : { signal: ctx.signal };
}

function notHealthy(record: HostRecord, last: string, containers: string, timeoutMs: number): AppError {
  const { Master, Discovery } = record.HostOptions.SwarmOptions;
  const what = Master ? "its manager" : "the manager";
  return new AppError(
    "SWARM_NODE_NOT_HEALTHY",
    `${what} does not report "${record.Name}" as Healthy after ${Math.round(timeoutMs / 1000)} s: ${last}${containers}`,
    {
      hint: `machine ssh ${record.Name} docker logs ${Master ? managerName : agentName}; discovery: ${Discovery}`,
    },
  );
}

/** How the swarm containers do, for the error. */
async function containerReport(machine: Machine, tools: SwarmTools): Promise<string> {
  try {
    return await tools.engineOf(machine, async (engine) => {
      const lines: string[] = [];
      for (const name of [managerName, agentName]) {
        const state = await engine.inspect(name);
        if (state === undefined) continue;
        const restarts = state.restartCount > 0 ? `, restarted ${state.restartCount} times` : "";
        lines.push(`\n${name}: ${state.running ? "running" : "not running"}${restarts}`);
        if (!state.running || state.restartCount > 0)
          lines.push(`\n${(await engine.logs(name, 5)).trimEnd()}`);
      }
      return lines.join("");
    });
  } catch {
    return ""; // the engine does not answer: the error at hand says enough
  }
}
