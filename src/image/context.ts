import type { Log } from "../kit/log.ts";
import type { Env, Run } from "../kit/process.ts";

/** What building, pulling and finding images need from outside. */
export interface ImageContext {
  readonly run: Run;
  readonly log: Log;
  readonly env: Env;
  readonly platform: NodeJS.Platform;
  /** The store's root; the images are kept under it unless MACHINE_IMAGE_CACHE says where. */
  readonly storeRoot: string;
  /** Folder of this program that holds image/ and dist/. */
  readonly packageRoot: string;
  /** A person reads it: "unpacking 130 packages"; `fraction` 0…1 where it is known. */
  progress(message: string, fraction?: number): void;
  readonly signal?: AbortSignal;
}

/** The images there are. `swarm` and `etcd` run in engines, `iso` and `container` are machines. */
export const imageKinds = ["iso", "container", "swarm", "etcd"] as const;
export type ImageKind = (typeof imageKinds)[number];

/** Tells whether a word of the command line names a kind of image. */
export function isImageKind(word: string): word is ImageKind {
  return imageKinds.some((kind) => kind === word);
}
