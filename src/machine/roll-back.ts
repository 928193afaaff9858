import { AppError, messageOf } from "../kit/errors.ts";
import type { MachineContext } from "./context.ts";
import { withMachine } from "./machine.ts";

const notRemoved = (name: string, cause: unknown) =>
  new AppError("NOT_REMOVED", `what was made for "${name}" could not be removed: ${messageOf(cause)}`, {
    cause,
    hint: `machine rm -f ${name} tries again`,
  });

/**
 * Removes an unfinished machine: what its journal names, its host, its directory. Goes on when the command was aborted.
 * When the host cannot be removed the directory stays, so that `rm` knows what to remove.
 */
export async function rollBack(
  ctx: MachineContext,
  name: string,
  options: { settled?: boolean } = {},
): Promise<void> {
  const { signal: _, ...calm } = ctx;
  const [loaded, journal] = await Promise.all([calm.store.load(name), calm.store.readJournal(name)]);
  if (loaded.record !== undefined) {
    try {
      await withMachine(calm, loaded.record, (machine) =>
        machine.driver.remove(journal?.resources ?? [], options),
      );
    } catch (error) {
      throw notRemoved(name, error);
    }
  }
  await calm.store.remove(name);
}
