import { AppError, messageOf } from "../kit/errors.ts";

/** Several machines failed: one error with a line for each. */
export function joinErrors(errors: readonly unknown[]): unknown {
  if (errors.length <= 1) return errors[0];
  const hints = errors.flatMap((error) => (error instanceof AppError && error.hint ? [error.hint] : []));
  const bug = errors.find((error) => !(error instanceof AppError));
  if (bug !== undefined) return new AggregateError(errors, errors.map(messageOf).join("\n"));
  return new AppError("SEVERAL_FAILED", errors.map(messageOf).join("\n"), {
    cause: new AggregateError(errors),
    ...(hints.length === 0 ? {} : { hint: [...new Set(hints)].join("\n") }),
  });
}

/** Does a task for every item at once; throws all the failures as one, after the last has ended. */
export async function forAll<T, R>(items: readonly T[], task: (item: T) => Promise<R>): Promise<R[]> {
  const results = await Promise.allSettled(items.map(task));
  const errors = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
  if (errors.length > 0) throw joinErrors(errors);
  return results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
}

/** start or stop of a machine that is there already. */
export const alreadyInState = (name: string, state: string) =>
  new AppError("ALREADY_IN_STATE", `machine "${name}" is already ${state}`);

/** The record is there, its host is not. */
export const hostGone = (name: string) =>
  new AppError("HOST_GONE", `the host of machine "${name}" does not exist any more`, {
    hint: `machine rm ${name} forgets the machine`,
  });

/** Another process works on the machine. */
export const machineBusy = (name: string, pid: number) =>
  new AppError("MACHINE_BUSY", `machine "${name}" is being made by process ${pid}`, {
    hint: "wait until it is done",
  });

/** The engine was started, and did not answer over TLS in time. */
export const engineNotReady = (name: string, limitMs: number, reason: string, cause: unknown) =>
  new AppError(
    "ENGINE_NOT_READY",
    `the engine of machine "${name}" did not answer within ${limitMs / 1000} s: ${reason}`,
    {
      cause,
      hint: `its log says more: machine ssh ${name} "sudo journalctl -u docker || sudo cat /var/log/docker.log"`,
    },
  );

/** The machine is no master of a Swarm. */
export const notSwarmMaster = (name: string) =>
  new AppError("NOT_SWARM_MASTER", `machine "${name}" is no Swarm master`, {
    hint: "--swarm is for machines that were made with --swarm-master",
  });
