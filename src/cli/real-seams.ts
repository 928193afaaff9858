import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ImageContext } from "../image/context.ts";
import { AppError } from "../kit/errors.ts";
import type { Seams, Surroundings } from "./seams.ts";

const missing = (what: string) => Promise.reject(new AppError("NOT_BUILT", `${what} is not built in`));

/** The doors to the real world. */
export const realSeams: Seams = {
  open: (surroundings) => ({
    ssh: { connect: () => missing("ssh"), shell: () => missing("ssh") },
    sshTools: { waitForBanner: () => missing("ssh"), ensureKey: () => missing("ssh") },
    engine: { address: "", request: () => missing("engine") },
    images: { find: () => missing("images") },
    provision: () => missing("provision"),
    upgradeEngine: () => missing("provision"),
    localSwarmImage: async () => {
      const { imagePath, newestImage } = await import("../image/cache.ts");
      const context = imageContext(surroundings);
      const entry = await newestImage(context, "swarm");
      return entry === undefined ? undefined : imagePath(context, entry);
    },
  }),
};

/** What src/image works with. */
export function imageContext({ run, log, io, store, report, signal }: Surroundings): ImageContext {
  return {
    run,
    log,
    signal,
    env: io.env,
    platform: io.platform,
    storeRoot: store.root,
    packageRoot: packageRoot(),
    progress: (message) => report({ type: "info", message }),
  };
}

/** The folder of this program that holds image/ and dist/, whether it runs bundled or from its sources. */
export function packageRoot(): string {
  let at = import.meta.dirname;
  while (!existsSync(join(at, "package.json")) || !existsSync(join(at, "image"))) {
    const above = dirname(at);
    if (above === at) return process.cwd();
    at = above;
  }
  return at;
}
