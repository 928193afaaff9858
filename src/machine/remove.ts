import { AppError, messageOf } from "../kit/errors.ts";
import { machineNotFound } from "../store/errors.ts";
import type { MachineContext } from "./context.ts";
import { joinErrors } from "./errors.ts";
import type { LifecycleHooks } from "./lifecycle.ts";
import { type Machine, withMachine } from "./machine.ts";
import { runStep } from "./steps.ts";

/**
 * Removes machines, host and directory, several at once; also unfinished ones.
 * @returns what went wrong with machines that were forgotten all the same because of `force`
 * @throws without `force`: the joined errors; the machines concerned stay
 */
export async function removeMachines(
  ctx: MachineContext,
  names: readonly string[],
  options: { readonly force: boolean },
  hooks: LifecycleHooks = {},
): Promise<unknown[]> {
  const unique = [...new Set(names)];
  const results = await Promise.allSettled(unique.map((name) => removeOne(ctx, name, options, hooks)));
  const errors = results.flatMap((result) => {
    if (result.status === "rejected") return [result.reason];
    return result.value === undefined ? [] : [result.value];
  });
  if (errors.length > 0 && !options.force) throw joinErrors(errors);
  return errors;
}

/** Gives the error that `force` went past. */
async function removeOne(
  ctx: MachineContext,
  name: string,
  options: { readonly force: boolean },
  hooks: LifecycleHooks,
): Promise<unknown> {
  if (!isSafeName(name)) throw machineNotFound(name);
  return ctx.store.withMachineLock(
    name,
    async () => {
      if (!(await ctx.store.exists(name))) {
        await ctx.store.remove(name); // a create that was killed early leaves a draft and locks
        throw machineNotFound(name);
      }
      return runStep(ctx, name, { id: "remove", title: `Removing "${name}"` }, async () => {
        const failure = await removeHost(ctx, name, hooks);
        if (failure !== undefined && !options.force) throw failure;
        await ctx.store.remove(name);
        return failure;
      });
    },
    ctx.signal === undefined ? {} : { signal: ctx.signal },
  );
}

/** Any directory of the store may be removed, nothing outside of it. */
function isSafeName(name: string): boolean {
  return name !== "" && !name.startsWith(".") && !/[/\\\0]/.test(name);
}

async function removeHost(ctx: MachineContext, name: string, hooks: LifecycleHooks): Promise<unknown> {
  const loaded = await ctx.store.load(name);
  if (loaded.error !== undefined) return unloadable(name, loaded.error);
  try {
    await withMachine(ctx, loaded.record, async (machine) => {
      await tellCluster(machine, hooks);
      const journal = await ctx.store.readJournal(name);
      await machine.driver.remove(journal?.resources ?? []);
    });
    return undefined;
  } catch (error) {
    ctx.signal?.throwIfAborted();
    return error;
  }
}

async function tellCluster(machine: Machine, hooks: LifecycleHooks): Promise<void> {
  try {
    await hooks.removing?.(machine);
  } catch (error) {
    machine.ctx.report({ type: "warning", machine: machine.name, message: messageOf(error) });
  }
}

function unloadable(name: string, error: AppError): AppError {
  return new AppError(error.code, `machine "${name}" cannot be loaded: ${error.message}`, {
    cause: error,
    hint: `machine rm -f ${name} deletes its directory; a host that it may have stays`,
  });
}
