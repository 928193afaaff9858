import type { Machine } from "../../machine/machine.ts";
import type { SwarmTools } from "../swarm-machine.ts";
import { peerUrlOf } from "./etcd-body.ts";
import { etcdPeers, withControl } from "./etcd-peers.ts";
import { haClusterId, hostPort, nodeKey } from "./ha-discovery.ts";

/**
 * Takes a machine out of the members of its cluster's etcd, through another master.
 * @returns false where no other answers, so that the member stays
 */
export async function takeMemberOut(machine: Machine, tools: SwarmTools): Promise<boolean> {
  const peer = (await etcdPeers(machine, tools)).find(({ members }) => members !== undefined);
  if (peer === undefined) return false;
  const peerUrl = peerUrlOf(machine.record.Driver.IPAddress);
  const own = peer.members?.find((one) => one.name === machine.name || one.peerUrl === peerUrl);
  if (own !== undefined) await withControl(machine, peer.record, tools, (control) => control.remove(own.id));
  return true;
}

/**
 * Takes the registration back of a machine whose agent cannot do it any more. A new machine with its address would otherwise
 * be taken for the old one until the registration ends.
 */
export async function forgetNode(machine: Machine, tools: SwarmTools): Promise<void> {
  const id = haClusterId(machine.record.HostOptions.SwarmOptions.Discovery);
  const { IPAddress } = machine.record.Driver;
  if (id === undefined || IPAddress === "") return;
  const peer = (await etcdPeers(machine, tools)).find(({ members }) => members !== undefined);
  if (peer === undefined) return;
  const prefix = nodeKey(id, hostPort(IPAddress, 0).replace(/0$/, ""));
  await withControl(machine, peer.record, tools, (control) => control.forget(prefix));
}
