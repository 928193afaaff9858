import type { Log } from "../kit/log.ts";
import type { Run } from "../kit/process.ts";
import type { MachineContext } from "../machine/context.ts";
import type { Report } from "../machine/events.ts";
import type { Store } from "../store/store.ts";
import type { GlobalOptions, Io } from "./command.ts";

/** What the doors to the outside are made from. */
export interface Surroundings {
  readonly io: Io;
  readonly options: GlobalOptions;
  readonly log: Log;
  readonly run: Run;
  readonly report: Report;
  readonly signal: AbortSignal;
  readonly store: Store;
}

/** The parts of a machine context that reach out. */
export type Outside = Pick<
  MachineContext,
  "ssh" | "sshTools" | "engine" | "images" | "provision" | "upgradeEngine"
>;

/** What is outside the machine context. */
export interface Extra {
  /** Path of an image for engines that is kept on this computer, or undefined. */
  localImage(kind: "swarm" | "etcd"): Promise<string | undefined>;
}

/** Makes the doors to SSH, engines, images and provisioners; each is loaded when something goes through it. */
export interface Seams {
  open(surroundings: Surroundings): Outside & Extra;
}
