import type { DriverModule } from "../driver/driver.ts";
import type { FlagValues } from "../driver/flags.ts";
import type { AuthOptions, EngineOptions, HostRecord, SwarmOptions } from "../store/record.ts";
import type { MachineContext } from "./context.ts";
import type { Machine } from "./machine.ts";

/** What the user asked of `create`; options that are left out take docker-machine's defaults. */
export interface CreateRequest {
  readonly name: string;
  readonly driver: DriverModule;
  readonly flags: FlagValues;
  readonly engine?: Partial<EngineOptions>;
  readonly swarm?: Partial<SwarmOptions>;
  /** Paths of `--tls-…` and the list of `--tls-san`. */
  readonly auth?: Partial<
    Pick<
      AuthOptions,
      "CaCertPath" | "CaPrivateKeyPath" | "ClientCertPath" | "ClientKeyPath" | "ServerCertSANs"
    >
  >;
  /** Leaves everything as it is when the create fails. */
  readonly keep?: boolean;
}

/** A step after provisioning, supplied by the caller (the swarm containers). */
export interface CreateStep {
  /** Stands in the journal and in progress events. */
  readonly id: string;
  readonly title: string;
  appliesTo(record: HostRecord): boolean;
  /** Before anything is made; an AppError stops the create. */
  validate?(record: HostRecord): Promise<void>;
  run(machine: Machine): Promise<void>;
}

/**
 * Makes a machine. On failure or abort everything that was made is removed again, unless `keep`.
 * An interrupted create of the same name is resumed where its host was complete, else cleaned and redone.
 * @throws MACHINE_NAME_INVALID, MACHINE_EXISTS, PRE_CREATE_CHECK (exit 3), what the driver or a step throws
 */
export declare function createMachine(
  ctx: MachineContext,
  request: CreateRequest,
  extraSteps?: readonly CreateStep[],
): Promise<HostRecord>;
