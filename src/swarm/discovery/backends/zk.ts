import type { Discovery, DiscoveryOptions, OpenDiscovery } from "../discovery.ts";
import { parseStoreUrl } from "../store-url.ts";
import { watchMembers } from "../watch.ts";
import { zkLock } from "./zk-lock.ts";
import { ZkRefusal, type ZkSession } from "./zk-session.ts";
import { whenChanged, type ZkCursor, ZkStore } from "./zk-store.ts";

/** `zk://`: ephemeral nodes that live as long as the agent's session; TTL and heartbeat do not matter. Source: docs/discovery.md. */
export const open: OpenDiscovery = async (rest, options) => {
  const { endpoints, nodesPath, drainedPath, leaderPath } = parseStoreUrl(rest, options.path);
  options.log.info("Initializing discovery without TLS");
  if (options.tls !== undefined)
    options.log.warn("ZooKeeper is spoken to without TLS; its options are ignored");
  const store = new ZkStore(endpoints, options);
  const directory = `/${nodesPath}`;
  const drained = `/${drainedPath}`;
  return {
    async register(addr) {
      await keepMember(await store.session(), directory, addr);
    },
    async unregister(addr) {
      await (await store.session()).remove(`${directory}/${addr}`);
    },
    watch: watchBelow(store, directory, options),
    drained: {
      async set(addr) {
        await (await store.session()).ensure(drained);
        await ignoring("exists", (await store.session()).create(`${drained}/${addr}`, addr, "persistent"));
      },
      async clear(addr) {
        await ignoring("noNode", (await store.session()).remove(`${drained}/${addr}`));
      },
      watch: watchBelow(store, drained, options),
    },
    leadership: zkLock(store, `/${leaderPath}`, options.clock),
    close: () => store.close(),
  };
};

function watchBelow(store: ZkStore, directory: string, options: DiscoveryOptions): Discovery["watch"] {
  const source = {
    async list() {
      const session = await store.session();
      const change = new AbortController();
      const onChange = () => change.abort();
      const names = await session.children(directory, onChange).catch(async (error: unknown) => {
        if (!(error instanceof ZkRefusal)) throw error;
        await session.ensure(directory);
        return session.children(directory, onChange);
      });
      const values = await Promise.all(names.map((name) => readMember(session, `${directory}/${name}`)));
      return { addrs: values.filter((value) => value !== ""), cursor: { session, change: change.signal } };
    },
    changed: (cursor: ZkCursor, signal: AbortSignal) => whenChanged(cursor, signal),
  };
  return (onEntries, onError, signal) => watchMembers(source, options, onEntries, onError, signal);
}

async function readMember(session: ZkSession, path: string): Promise<string> {
  try {
    return await session.getData(path);
  } catch (error) {
    if (error instanceof ZkRefusal) return ""; // gone since the list
    throw error;
  }
}

/** Leaves a node of this session alone; one of an agent that died is replaced, for it would vanish with its session. */
async function keepMember(session: ZkSession, directory: string, addr: string): Promise<void> {
  const path = `${directory}/${addr}`;
  const owner = await session.owner(path);
  if (owner === session.id && (await session.getData(path)) === addr) return;
  if (owner !== undefined) await ignoring("noNode", session.remove(path));
  try {
    await session.create(path, addr, "ephemeral");
  } catch (error) {
    if (!(error instanceof ZkRefusal)) throw error;
    if (error.kind === "noNode") {
      await session.ensure(directory);
      await session.create(path, addr, "ephemeral");
    } else {
      await session.setData(path, addr);
    }
  }
}

async function ignoring(kind: ZkRefusal["kind"], work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof ZkRefusal) || error.kind !== kind) throw error;
  }
}
