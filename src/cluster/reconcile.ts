import type { ContainerBody } from "./containers.ts";
import type { SwarmEngine } from "./swarm-engine.ts";

/**
 * Makes the container `name` be as `body` says: leaves one that is so already, replaces one that is not, and removes it
 * where `body` is undefined.
 * @returns true when something was changed
 */
export async function reconcile(
  engine: Pick<SwarmEngine, "inspect" | "create" | "start" | "remove">,
  name: string,
  body: ContainerBody | undefined,
): Promise<boolean> {
  const present = await engine.inspect(name);
  if (body === undefined) {
    if (present !== undefined) await engine.remove(name);
    return present !== undefined;
  }
  if (present !== undefined) {
    const same =
      present.image === body.Image &&
      sameList(present.cmd, body.Cmd) &&
      sameList(present.binds, body.HostConfig.Binds) &&
      body.Env.every((entry) => present.env.includes(entry));
    if (same && present.running) return false;
    if (same) {
      await engine.start(name);
      return true;
    }
    await engine.remove(name);
  }
  await engine.create(name, body);
  await engine.start(name);
  return true;
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((entry, index) => entry === b[index]);
}
