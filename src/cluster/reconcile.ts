import type { ContainerBody } from "./containers.ts";
import type { ContainerState, SwarmEngine } from "./swarm-engine.ts";

/**
 * Makes the container `name` be as `body` says: leaves one that is so already, replaces one that is not, and removes it
 * where `body` is undefined.
 * @returns true when something was changed
 */
export async function reconcile(
  engine: Pick<SwarmEngine, "inspect" | "create" | "start" | "remove">,
  name: string,
  body: ContainerBody | undefined,
  graceSeconds?: (present: ContainerState) => number,
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
    await engine.remove(name, graceSeconds?.(present));
  }
  await engine.create(name, body);
  await engine.start(name);
  return true;
}

/**
 * The same for an agent. One that is replaced by one for the same address is killed, so that it does not take its
 * registration back: managers would forget the node for a moment.
 */
export function reconcileAgent(
  engine: Pick<SwarmEngine, "inspect" | "create" | "start" | "remove">,
  name: string,
  body: ContainerBody | undefined,
): Promise<boolean> {
  const advertised = (cmd: readonly string[]) => cmd[cmd.indexOf("--advertise") + 1];
  return reconcile(engine, name, body, ({ cmd }) =>
    body !== undefined && advertised(cmd) === advertised(body.Cmd) ? 0 : 10,
  );
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((entry, index) => entry === b[index]);
}
