import type { OsRelease } from "./os-release.ts";
import type { ProvisionRequest, UpgradeRequest } from "./request.ts";

/** What was read of the machine before anything is changed. */
export interface MachineFacts {
  readonly os: OsRelease;
  /** Text of /etc/docker/daemon.json; "" when there is none. */
  readonly daemonJson: string;
  /** Keys of daemon.json that an earlier provisioning set, as JSON; "" when there was none. */
  readonly ownKeys: string;
  /** Where the engine's program is; "" when there is none. */
  readonly dockerdPath: string;
}

/** One family of systems. Source of each one's commands: its manual of services and packages; docs/compat.md. */
export interface Provisioner {
  /** As `create` names it: "boot2docker", "debian". */
  readonly name: string;
  matches(os: OsRelease): boolean;
  /** Brings host name, certificates, options and engine to what the request says; idempotent. */
  provision(request: ProvisionRequest, facts: MachineFacts): Promise<void>;
  /** Brings the engine's package to the newest version; undefined: the image brings the engine. */
  upgrade?(request: UpgradeRequest, facts: MachineFacts): Promise<void>;
}
