import type { Clock } from "../kit/clock.ts";
import type { Log } from "../kit/log.ts";
import type { SshConnection } from "../ssh/ssh.ts";
import type { EngineOptions } from "../store/record.ts";

/** What a provisioner needs to turn a reachable host into a Docker host behind TLS. */
export interface ProvisionRequest {
  readonly connection: SshConnection;
  /** Becomes the host name. */
  readonly name: string;
  readonly driverName: string;
  readonly enginePort: number;
  readonly engine: EngineOptions;
  /** PEM texts. */
  readonly certs: { readonly ca: string; readonly serverCert: string; readonly serverKey: string };
  /** How long the engine may take to answer on its own socket. */
  readonly engineTimeoutMs: number;
  readonly progress: (message: string) => void;
  readonly log: Log;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
}

export interface UpgradeRequest {
  readonly connection: SshConnection;
  readonly progress: (message: string) => void;
}
