import type { Clock } from "../../../kit/clock.ts";
import { holdLease } from "../../leadership/lease.ts";
import type { HeldLock, LeaderStore } from "../discovery.ts";
import { watchValue } from "../watch.ts";
import { type EtcdKeys, EtcdRefusal, etcdCodes, isRefusal } from "./etcd-keys.ts";

const freeing = new Set(["delete", "compareAndDelete", "expire"]);

/** The lock of Swarm 1.2.9 on etcd v2: create if absent, renew and remove by index. */
export function etcdLock(keys: EtcdKeys, key: string, clock: Clock): LeaderStore {
  const source = {
    async read(signal: AbortSignal) {
      try {
        const { node, storeIndex } = await keys.get(key, "quorum=true", signal);
        return { value: node.value ?? "", cursor: storeIndex };
      } catch (error) {
        if (!isRefusal(error, etcdCodes.keyNotFound)) throw error;
        return { value: "", cursor: error.index };
      }
    },
    async changed(index: number, signal: AbortSignal) {
      try {
        await keys.wait(key, index + 1, signal);
      } catch (error) {
        if (!isRefusal(error, etcdCodes.indexCleared)) throw error;
      }
    },
  };
  return {
    async acquire(value, ttlMs, signal) {
      for (;;) {
        try {
          return await take(keys, key, value, ttlMs, clock, signal);
        } catch (error) {
          if (!isRefusal(error, etcdCodes.exists)) throw error;
          await whenFree(keys, key, error.index, signal);
        }
      }
    },
    follow: (onLeader, onError, signal) => watchValue(source, clock, onLeader, onError, signal),
  };
}

async function whenFree(keys: EtcdKeys, key: string, index: number, signal: AbortSignal): Promise<void> {
  let from = index + 1;
  for (;;) {
    try {
      const event = await keys.wait(key, from, signal);
      if (event === undefined || freeing.has(event.action)) return;
      from = event.node.modifiedIndex + 1;
    } catch (error) {
      if (isRefusal(error, etcdCodes.indexCleared)) return;
      throw error;
    }
  }
}

/** @returns the index of the new key */
async function create(
  keys: EtcdKeys,
  key: string,
  form: { value: string; ttl: string },
  signal: AbortSignal,
): Promise<number> {
  try {
    return (await keys.put(key, "prevExist=false", form, signal)).node.modifiedIndex;
  } catch (error) {
    if (!(error instanceof EtcdRefusal)) {
      // it may have been done without our knowing; else the TTL ends it
      void keys.remove(key, `prevValue=${encodeURIComponent(form.value)}`).catch(() => undefined);
    }
    throw error;
  }
}

async function take(
  keys: EtcdKeys,
  key: string,
  value: string,
  ttlMs: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<HeldLock> {
  const form = { value, ttl: String(Math.max(1, Math.ceil(ttlMs / 1000))) };
  const since = clock.monotonic();
  let index = await create(keys, key, form, signal);
  let isUnsure = false;

  const renew = async (renewSignal: AbortSignal): Promise<boolean> => {
    try {
      index = (await keys.put(key, `prevIndex=${index}`, form, renewSignal)).node.modifiedIndex;
      isUnsure = false;
      return true;
    } catch (error) {
      if (!(error instanceof EtcdRefusal)) {
        isUnsure = true; // it may have been done all the same
        throw error;
      }
      if (!isUnsure || error.errorCode !== etcdCodes.compareFailed) return false;
      const { node } = await keys.get(key, "quorum=true", renewSignal);
      if (node.value !== value) return false;
      index = (await keys.put(key, `prevIndex=${node.modifiedIndex}`, form, renewSignal)).node.modifiedIndex;
      isUnsure = false;
      return true;
    }
  };
  const release = async () => {
    await keys.remove(key, `prevIndex=${index}`);
  };
  return holdLease({ ttlMs, since, renew, release }, clock);
}
