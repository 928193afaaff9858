import { stat } from "node:fs/promises";
import type { VirtualBoxConfig } from "./config.ts";

export interface Share {
  /** The guest mounts it at `/<name>`. */
  readonly name: string;
  readonly hostPath: string;
}

/** Each operating system's folder of users' homes, under docker-machine's names. */
const homes: Partial<Record<NodeJS.Platform, Share>> = {
  linux: { name: "hosthome", hostPath: "/home" },
  freebsd: { name: "hosthome", hostPath: "/home" },
  openbsd: { name: "hosthome", hostPath: "/home" },
  darwin: { name: "Users", hostPath: "/Users" },
  win32: { name: "c/Users", hostPath: "\\\\?\\c:\\Users" },
};

/** The folder to share; undefined when none is wanted. */
export function shareOf(
  config: Pick<VirtualBoxConfig, "NoShare" | "ShareFolder">,
  platform: NodeJS.Platform,
): Share | undefined {
  if (config.NoShare) return undefined;
  if (config.ShareFolder === "") return homes[platform];
  const at = config.ShareFolder.lastIndexOf(":");
  const hostPath = config.ShareFolder.slice(0, at);
  return { hostPath, name: config.ShareFolder.slice(at + 1) || hostPath.replace(/^\/+/, "") };
}

/** Only a folder that is there can be shared. */
export async function isShareable({ hostPath }: Share): Promise<boolean> {
  try {
    return (await stat(hostPath)).isDirectory();
  } catch {
    return false; // not there or not ours to see: not to be shared
  }
}
