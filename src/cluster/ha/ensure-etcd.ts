import { AppError, messageOf } from "../../kit/errors.ts";
import { poll } from "../../kit/retry.ts";
import type { Machine } from "../../machine/machine.ts";
import type { HostRecord } from "../../store/record.ts";
import type { SwarmHost } from "../containers.ts";
import { reconcile } from "../reconcile.ts";
import type { ContainerState, SwarmEngine } from "../swarm-engine.ts";
import type { SwarmTools } from "../swarm-machine.ts";
import {
  etcdBody,
  etcdName,
  etcdVolume,
  forceNewCluster,
  type InitialCluster,
  initialOf,
  peerUrlOf,
} from "./etcd-body.ts";
import { EtcdControl, type EtcdMember } from "./etcd-control.ts";
import { etcdImageOn } from "./etcd-image.ts";
import { type EtcdPeer, etcdPeers, withControl } from "./etcd-peers.ts";
import { mastersWithAddress } from "./masters.ts";

const readyMs = 90_000;

/**
 * Makes a master's etcd run as a member of its cluster's: keeps the one it has, begins the cluster with the masters that the
 * store knows, or joins the one that runs on them. Idempotent; returns once it answers with a vote.
 * @throws ETCD_NOT_READY
 */
export async function ensureEtcd(
  machine: Machine,
  engine: SwarmEngine,
  host: SwarmHost,
  clusterId: string,
  tools: SwarmTools,
): Promise<boolean> {
  const image = await etcdImageOn(machine, engine, tools);
  const present = await engine.inspect(etcdName);
  const bodyFor = (initial: InitialCluster) => etcdBody(machine.name, clusterId, host, image, initial);
  let changed: boolean;
  if (present !== undefined && isSameMember(present, bodyFor(initialOf(present.env)).Cmd)) {
    if (present.env.includes(forceNewCluster)) await engine.remove(etcdName);
    changed = await reconcile(engine, etcdName, bodyFor(initialOf(present.env)));
  } else {
    const peers = await etcdPeers(machine, tools);
    const leader = peers.find(({ members }) => members !== undefined);
    const initial =
      leader === undefined
        ? await beginning(machine, peers)
        : await machine.ctx.store.withLock(`etcd-${clusterId}`, () =>
            admit(machine, engine, host.ip, leader, present !== undefined, tools),
          );
    changed = await reconcile(engine, etcdName, bodyFor(initial));
  }
  try {
    await untilVoting(machine, engine, host, tools);
  } catch (error) {
    const log = await engine.logs(etcdName, 3).catch(() => "");
    machine.ctx.log.debug(`${machine.name}: the end of its etcd's log: ${log}`);
    throw error;
  }
  return changed;
}

/** The same member at the same address; otherwise its peers must hear of it first. */
function isSameMember(present: ContainerState, cmd: readonly string[]): boolean {
  const own = (words: readonly string[]) =>
    words.filter((word) => /^--(name|initial-advertise-peer-urls|initial-cluster-token)=/.test(word)).join();
  return own(present.cmd) === own(cmd);
}

/** All masters begin together; those that began already say with whom. */
async function beginning(machine: Machine, peers: readonly EtcdPeer[]): Promise<InitialCluster> {
  const masters = await mastersWithAddress(machine);
  const peerUrl = peerUrlOf(masters.find(({ Name }) => Name === machine.name)?.Driver.IPAddress ?? "");
  const begun = peers.find(({ initial }) =>
    initial.members.some((one) => one.name === machine.name && one.peerUrl === peerUrl),
  );
  if (begun !== undefined) return begun.initial;
  const silent = peers.map(({ record }) => record.Name);
  if (silent.length > 0) throw noMajority(machine.name, silent);
  return { state: "new", members: masters.map(memberOf) };
}

const memberOf = ({ Name, Driver }: HostRecord) => ({ name: Name, peerUrl: peerUrlOf(Driver.IPAddress) });

/** Tells the running members of this one, and gives whom it is to meet. */
function admit(
  machine: Machine,
  engine: SwarmEngine,
  ip: string,
  leader: EtcdPeer,
  hasData: boolean,
  tools: SwarmTools,
): Promise<InitialCluster> {
  const peerUrl = peerUrlOf(ip);
  return withControl(machine, leader.record, tools, async (control) => {
    const members = await control.members();
    const own = members.find((one) => one.name === machine.name || one.peerUrl === peerUrl);
    if (own !== undefined && own.name === machine.name && hasData) {
      if (own.peerUrl !== peerUrl) await control.moveTo(own.id, peerUrl);
      return met(await control.members(), machine.name, peerUrl);
    }
    const isExpected = own !== undefined && !own.isStarted && own.peerUrl === peerUrl;
    if (!isExpected) {
      if (own !== undefined) await control.remove(own.id);
      await engine.remove(etcdName);
      await engine.removeVolume(etcdVolume);
      await onceFree(machine, () => control.addLearner(machine.name, peerUrl));
    }
    return met(await control.members(), machine.name, peerUrl);
  });
}

function met(members: readonly EtcdMember[], name: string, peerUrl: string): InitialCluster {
  return {
    state: "existing",
    members: members.map((one) => ({
      name: one.peerUrl === peerUrl ? name : one.name || one.id,
      peerUrl: one.peerUrl,
    })),
  };
}

/** There can be one learner at a time. */
function onceFree(machine: Machine, task: () => Promise<void>): Promise<void> {
  return untilDone(machine, async () => task(), "its etcd was not admitted");
}

/** Waits until the machine's own etcd answers as a full member; a learner gets its vote from another member. */
async function untilVoting(
  machine: Machine,
  engine: SwarmEngine,
  host: SwarmHost,
  tools: SwarmTools,
): Promise<void> {
  const own = new EtcdControl(engine, host);
  const peerUrl = peerUrlOf(host.ip);
  const isVoting = async () => {
    const seen = await own.members().catch(() => undefined);
    const members = seen ?? (await firstAnswer(machine, tools))?.members;
    const self = members?.find((one) => one.peerUrl === peerUrl);
    if (self === undefined) {
      const moved = seen?.find((one) => one.name === machine.name);
      if (moved !== undefined) await own.moveTo(moved.id, peerUrl);
      throw new Error("no majority of its members answers yet");
    }
    if (!self.isLearner) {
      await own.members();
      return;
    }
    const voter = await firstAnswer(machine, tools);
    if (voter === undefined) throw new Error("no other member answers");
    await withControl(machine, voter.record, tools, (control) => control.promote(self.id));
    throw new Error("it has just got its vote");
  };
  await untilDone(machine, isVoting, "its etcd does not answer");
}

async function firstAnswer(machine: Machine, tools: SwarmTools): Promise<EtcdPeer | undefined> {
  return (await etcdPeers(machine, tools)).find(({ members }) => members !== undefined);
}

async function untilDone(machine: Machine, task: () => Promise<void>, failed: string): Promise<void> {
  const { clock, deadlines, signal } = machine.ctx;
  const timeoutMs = Math.max(readyMs, deadlines.engineMs);
  let last = "";
  const done = await poll(
    () =>
      task().then(
        () => true,
        (error: unknown) => {
          last = messageOf(error);
          return undefined;
        },
      ),
    { clock, timeoutMs, intervalMs: 200, maxIntervalMs: 1_500, ...(signal === undefined ? {} : { signal }) },
  );
  if (done === undefined) throw notReady(machine.name, `${failed} after ${timeoutMs / 1000} s: ${last}`);
}

const notReady = (name: string, why: string) =>
  new AppError("ETCD_NOT_READY", `"${name}": ${why}`, {
    hint: `machine ssh ${name} docker logs ${etcdName}`,
  });

const noMajority = (name: string, silent: readonly string[]) =>
  new AppError(
    "ETCD_NOT_READY",
    `"${name}" cannot join the etcd of its cluster: that on ${silent.join(", ")} does not answer`,
    { hint: "start the cluster's other masters first" },
  );
