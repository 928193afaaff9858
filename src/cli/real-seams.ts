import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ImageContext } from "../image/context.ts";
import { systemClock } from "../kit/clock.ts";
import { AppError } from "../kit/errors.ts";
import { defaultDeadlines } from "../machine/context.ts";
import { openSsh } from "../ssh/open.ts";
import { deadlinesFrom } from "./deadlines.ts";
import type { Seams, Surroundings } from "./seams.ts";

const missing = (what: string) => Promise.reject(new AppError("NOT_BUILT", `${what} is not built in`));

/** The doors to the real world; each module is loaded when something goes through its door. */
export const realSeams: Seams = {
  open(surroundings) {
    const { io, log } = surroundings;
    const clock = systemClock;
    return {
      ssh: openSsh({ clock, log, env: io.env }),
      sshTools: {
        waitForBanner: async (target, options) =>
          (await import("../ssh/banner.ts")).waitForBanner(clock, target, options),
        ensureKey: async (path) => (await import("../ssh/keys.ts")).ensureKey(path),
      },
      engine: { address: "", request: () => missing("engine") },
      images: { find: () => missing("images") },
      provision: async (request) => {
        const { provision } = await import("../provision/provision.ts");
        const { engineMs } = deadlinesFrom(io.env, defaultDeadlines);
        await provision({ ...request, engineTimeoutMs: engineMs });
      },
      upgradeEngine: async (request) => (await import("../provision/provision.ts")).upgradeEngine(request),
      localSwarmImage: async () => {
        const { imagePath, newestImage } = await import("../image/cache.ts");
        const context = imageContext(surroundings);
        const entry = await newestImage(context, "swarm");
        return entry === undefined ? undefined : imagePath(context, entry);
      },
    };
  },
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
