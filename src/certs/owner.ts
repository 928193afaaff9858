import type { Env } from "../kit/process.ts";

/** The name that stands in certificates: the user's, else "unknown". */
export function certificateOwner(env: Env, platform: NodeJS.Platform): string {
  return (platform === "win32" ? env["USERNAME"] : env["USER"]) || "unknown";
}
