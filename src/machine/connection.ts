import type { MachineContext } from "./context.ts";
import type { ClusterView } from "./list.ts";

/** How a client reaches a machine's engine or manager. */
export interface Connection {
  readonly name: string;
  /** "tcp://192.168.59.100:2376". */
  readonly url: string;
  /** The machine's directory with ca.pem, cert.pem and key.pem: DOCKER_CERT_PATH. */
  readonly certPath: string;
}

/**
 * The verified connection of `env` and `config`: a real request over TLS was answered.
 * @throws HOST_NOT_RUNNING, TLS_CHECK_FAILED with the remedy, NOT_SWARM_MASTER
 */
export declare function connectionOf(
  ctx: MachineContext,
  name: string,
  options?: { swarm?: ClusterView },
): Promise<Connection>;

/** The variables that `env` sets, in their order. */
export declare function envVariables(
  ctx: MachineContext,
  connection: Connection,
  options: { noProxy: boolean },
): ReadonlyArray<readonly [name: string, value: string]>;
