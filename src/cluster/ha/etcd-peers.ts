import { messageOf } from "../../kit/errors.ts";
import { type Machine, openMachine, withMachine } from "../../machine/machine.ts";
import type { HostRecord } from "../../store/record.ts";
import type { SwarmHost } from "../containers.ts";
import { optionsDirOf } from "../swarm-host.ts";
import type { SwarmTools } from "../swarm-machine.ts";
import { etcdName, type InitialCluster, initialOf } from "./etcd-body.ts";
import { EtcdControl, type EtcdMember } from "./etcd-control.ts";
import { mastersWithAddress } from "./masters.ts";

/** What another master says of the cluster's etcd. */
export interface EtcdPeer {
  readonly record: HostRecord;
  /** Whom its container was told to meet. */
  readonly initial: InitialCluster;
  /** Undefined while the members have no majority. */
  readonly members: readonly EtcdMember[] | undefined;
}

/** Asks the etcd of the cluster's other running masters; those without one are left out. */
export async function etcdPeers(machine: Machine, tools: SwarmTools): Promise<EtcdPeer[]> {
  const others = (await mastersWithAddress(machine)).filter(({ Name }) => Name !== machine.name);
  const asked = await Promise.all(
    others.map((record) =>
      withMachine(machine.ctx, record, async (other): Promise<EtcdPeer | undefined> => {
        if ((await other.driver.state()) !== "Running") return undefined;
        return tools.engineOf(other, async (engine) => {
          const container = await engine.inspect(etcdName);
          if (container === undefined) return undefined;
          const control = new EtcdControl(engine, await etcdHost(other));
          const members = container.running ? await control.members().catch(() => undefined) : undefined;
          return { record, initial: initialOf(container.env), members };
        });
      }).catch((error: unknown) => {
        machine.ctx.log.debug(`${record.Name}: its etcd cannot be asked: ${messageOf(error)}`);
        return undefined;
      }),
    ),
  );
  return asked.filter((peer) => peer !== undefined);
}

/** Speaks to the etcd of a machine; the connection is closed afterwards. */
export async function withControl<T>(
  machine: Machine,
  record: HostRecord,
  tools: SwarmTools,
  task: (control: EtcdControl) => Promise<T>,
): Promise<T> {
  const other = record.Name === machine.name ? machine : await openMachine(machine.ctx, record);
  try {
    return await tools.engineOf(other, async (engine) =>
      task(new EtcdControl(engine, await etcdHost(other))),
    );
  } finally {
    if (other !== machine) await other.disconnect();
  }
}

async function etcdHost(machine: Machine): Promise<Pick<SwarmHost, "ip" | "optionsDir">> {
  const [ip, optionsDir] = await Promise.all([machine.driver.ip(), optionsDirOf(machine)]);
  return { ip, optionsDir };
}
