import type { MachineContext } from "./context.ts";
import type { Machine } from "./machine.ts";

/** What src/cluster does at turns of a machine's life; all optional. */
export interface LifecycleHooks {
  /** The machine runs and its engine answers; `addressChanged`: its IP is another than in the record before. */
  started?(machine: Machine, change: { addressChanged: boolean }): Promise<void>;
  /** The engine was provisioned anew and answers. */
  provisioned?(machine: Machine): Promise<void>;
  /** Before the host is removed; its errors are warnings. */
  removing?(machine: Machine): Promise<void>;
}

export type LifecycleAction =
  | "start"
  | "stop"
  | "kill"
  | "restart"
  | "provision"
  | "upgrade"
  | "regenerate-certs";

/**
 * Does one action to several machines at once. All are loaded first: when one cannot be, nothing is done.
 * @throws one AppError with every machine's error on a line of its own
 */
export declare function actOnMachines(
  ctx: MachineContext,
  action: LifecycleAction,
  names: readonly string[],
  hooks?: LifecycleHooks,
  options?: { clientCerts?: boolean; stopTimeoutMs?: number },
): Promise<void>;

/**
 * Removes machines, host and directory, several at once; also unfinished ones.
 * @returns what went wrong for machines that were removed all the same because of `force`
 */
export declare function removeMachines(
  ctx: MachineContext,
  names: readonly string[],
  options: { force: boolean },
  hooks?: LifecycleHooks,
): Promise<Error[]>;
