import type { SwarmEngine } from "../swarm-engine.ts";
import { etcdName, etcdVolume } from "./etcd-body.ts";

/**
 * Takes the etcd of a machine away, with its data.
 * @returns true when there was one
 */
export async function removeEtcd(
  engine: Pick<SwarmEngine, "inspect" | "remove" | "removeVolume">,
): Promise<boolean> {
  if ((await engine.inspect(etcdName)) === undefined) return false;
  await engine.remove(etcdName);
  await engine.removeVolume(etcdVolume);
  return true;
}
