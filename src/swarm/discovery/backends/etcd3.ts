import { Etcd3, EtcdLeaseInvalidError, type Lease } from "etcd3";
import type { Clock } from "../../../kit/clock.ts";
import { AppError, messageOf } from "../../../kit/errors.ts";
import { holdLease } from "../../leadership/lease.ts";
import type { Discovery, DiscoveryOptions, DiscoveryTls, LeaderStore, OpenDiscovery } from "../discovery.ts";
import { parseStoreUrl, storeTls } from "../store-url.ts";
import { watchMembers, watchValue } from "../watch.ts";

const timeoutMs = 3_000;
const quietMs = 60_000;

/** `etcd3://`: etcd's v3 API; every member's key hangs on a lease of its own. Source: docs/discovery.md. */
export const open: OpenDiscovery = async (rest, options) => {
  const { endpoints, nodesPath, drainedPath, leaderPath } = parseStoreUrl(rest, options.path);
  const tls = storeTls(options, false);
  const client = connect(endpoints, tls, options.clock);
  const prefix = `/${nodesPath}/`;
  const leases = new Map<string, Lease>();
  const drainedPrefix = `/${drainedPath}/`;
  return {
    async register(addr) {
      try {
        await asked(keep(client, leases, `${prefix}${addr}`, addr, options));
      } catch (error) {
        leases.delete(addr);
        throw error;
      }
    },
    async unregister(addr) {
      await asked(client.delete().key(`${prefix}${addr}`));
      await leases.get(addr)?.revoke();
      leases.delete(addr);
    },
    watch: watchBelow(client, prefix, options),
    drained: {
      async set(addr) {
        await asked(client.put(`${drainedPrefix}${addr}`).value(addr));
      },
      async clear(addr) {
        await asked(client.delete().key(`${drainedPrefix}${addr}`));
      },
      watch: watchBelow(client, drainedPrefix, options),
    },
    leadership: lockOf(client, `/${leaderPath}`, options.clock),
    async close() {
      client.close();
    },
  };
};

function watchBelow(client: Etcd3, prefix: string, options: DiscoveryOptions): Discovery["watch"] {
  const source = {
    async list() {
      const { header, kvs } = await asked(client.getAll().prefix(prefix).exec());
      return { addrs: kvs.map(({ value }) => value.toString()), cursor: header.revision };
    },
    changed: (revision: string, signal: AbortSignal) =>
      change(client, { prefix }, revision, options.clock, signal),
  };
  return (onEntries, onError, signal) => watchMembers(source, options, onEntries, onError, signal);
}

function connect(endpoints: readonly string[], tls: DiscoveryTls | undefined, clock: Clock): Etcd3 {
  const scheme = tls === undefined ? "http" : "https";
  return new Etcd3({
    hosts: endpoints.map((endpoint) => `${scheme}://${endpoint}`),
    dialTimeout: timeoutMs,
    ...(tls?.ca === undefined
      ? {}
      : {
          credentials: {
            rootCertificate: Buffer.from(tls.ca),
            ...(tls.cert === undefined || tls.key === undefined
              ? {}
              : { certChain: Buffer.from(tls.cert), privateKey: Buffer.from(tls.key) }),
          },
        }),
    grpcOptions: { "grpc.max_reconnect_backoff_ms": 2_000, "grpc.keepalive_time_ms": 10_000 },
    defaultCallOptions: ({ isStream }) => (isStream ? {} : { deadline: clock.now() + timeoutMs }),
  });
}

/** Keeps the lease of a member alive, or begins a new one; puts the key where it is missing. */
async function keep(
  client: Etcd3,
  leases: Map<string, Lease>,
  key: string,
  addr: string,
  options: DiscoveryOptions,
): Promise<void> {
  let lease = leases.get(addr);
  if (lease !== undefined && !(await isRenewed(lease))) lease = undefined;
  if (lease === undefined) {
    lease = client.lease(Math.max(1, Math.floor(options.ttlMs / 1000)), { autoKeepAlive: false });
    lease.on("lost", () => leases.delete(addr));
    leases.set(addr, lease);
    await client
      .put(key)
      .value(addr)
      .lease(await lease.grant());
    return;
  }
  const id = await lease.grant();
  await client.if(key, "Create", "==", 0).then(client.put(key).value(addr).lease(id)).commit();
}

async function isRenewed(lease: Lease): Promise<boolean> {
  try {
    await lease.keepaliveOnce();
    return true;
  } catch (error) {
    if (error instanceof EtcdLeaseInvalidError) return false;
    throw error;
  }
}

function lockOf(client: Etcd3, key: string, clock: Clock): LeaderStore {
  const source = {
    async read() {
      const { header, kvs } = await asked(client.get(key).exec());
      return { value: kvs[0]?.value.toString() ?? "", cursor: header.revision };
    },
    changed: (revision: string, signal: AbortSignal) => change(client, { key }, revision, clock, signal),
  };
  return {
    async acquire(value, ttlMs, signal) {
      for (;;) {
        signal.throwIfAborted();
        const lease = client.lease(Math.max(1, Math.ceil(ttlMs / 1000)), { autoKeepAlive: false });
        lease.on("lost", () => undefined); // an `error` nobody hears would end the process; renewals tell
        const release = async () => {
          await lease.revoke();
        };
        const since = clock.monotonic();
        try {
          const id = await asked(lease.grant());
          const put = client.put(key).value(value).lease(id);
          const { succeeded } = await asked(client.if(key, "Create", "==", 0).then(put).commit());
          if (succeeded) return holdLease({ ttlMs, since, renew: () => isRenewed(lease), release }, clock);
        } catch (error) {
          void release().catch(() => undefined); // it ends by itself
          throw error;
        }
        await release().catch(() => undefined); // it ends by itself
        const { value: holder, cursor } = await source.read();
        if (holder !== "") await source.changed(cursor, signal);
      }
    },
    follow: (onLeader, onError, signal) => watchValue(source, clock, onLeader, onError, signal),
  };
}

/** Resolves at the first event after `revision`; also after a minute, so that a watch that broke unseen does no harm. */
async function change(
  client: Etcd3,
  what: { prefix: string } | { key: string },
  revision: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const builder = "prefix" in what ? client.watch().prefix(what.prefix) : client.watch().key(what.key);
  const ending = new AbortController();
  const watcher = builder.startRevision(String(BigInt(revision) + 1n)).watcher();
  try {
    await new Promise<void>((resolve, reject) => {
      watcher.on("data", () => resolve());
      watcher.on("error", reject);
      watcher.on("disconnected", reject);
      clock.delay(quietMs, AbortSignal.any([signal, ending.signal])).then(resolve, reject);
    });
  } finally {
    ending.abort();
    watcher.removeAllListeners("disconnected");
    watcher.removeAllListeners("error");
    watcher.on("error", () => undefined); // it is being cancelled
    void watcher.cancel().catch(() => undefined);
  }
}

/** The library's errors with a text that says which store. */
async function asked<T>(answer: PromiseLike<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw new AppError("ETCD_AWAY", `etcd3: ${messageOf(error)}`, { cause: error });
  }
}
