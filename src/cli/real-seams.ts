import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { UserEngine } from "../docker/client.ts";
import type { DriverEngine } from "../driver/driver.ts";
import type { ImageContext } from "../image/context.ts";
import { systemClock } from "../kit/clock.ts";
import { defaultDeadlines } from "../machine/context.ts";
import { openSsh } from "../ssh/open.ts";
import { deadlinesFrom } from "./deadlines.ts";
import type { Seams, Surroundings } from "./seams.ts";

/** The doors to the real world; each module is loaded when something goes through its door. */
export const realSeams: Seams = {
  open(surroundings) {
    const { io, log } = surroundings;
    const clock = systemClock;
    const engine = lazyEngine(surroundings);
    return {
      ssh: openSsh({ clock, log, env: io.env }),
      sshTools: {
        waitForBanner: async (target, options) =>
          (await import("../ssh/banner.ts")).waitForBanner(clock, target, options),
        ensureKey: async (path) => (await import("../ssh/keys.ts")).ensureKey(path),
      },
      engine,
      images: {
        find: async (request, progress) => {
          const { imageFinder } = await import("../image/finder.ts");
          const githubToken = surroundings.options.githubApiToken;
          return imageFinder(imageContext(surroundings), { engine, githubToken }).find(request, progress);
        },
      },
      provision: async (request) => {
        const { provision } = await import("../provision/provision.ts");
        await provision(request);
      },
      upgradeEngine: async (request) => (await import("../provision/provision.ts")).upgradeEngine(request),
      localImage: async (kind) => {
        const { imagePath, newestImage } = await import("../image/cache.ts");
        const context = imageContext(surroundings);
        const entry = await newestImage(context, kind);
        return entry === undefined ? undefined : imagePath(context, entry);
      },
    };
  },
};

/** The user's engine; found and connected at the first call. */
function lazyEngine({ io, store, signal }: Surroundings): DriverEngine {
  let opened: Promise<UserEngine> | undefined;
  let address = "";
  const open = () => {
    opened ??= Promise.all([import("../docker/client.ts"), import("../docker/address.ts")]).then(
      ([{ userEngine }, { findEngine }]) =>
        userEngine(() => findEngine(io.env, store.root, io.platform), store.root, {
          signal,
          answerMs: deadlinesFrom(io.env, defaultDeadlines).apiMs,
        }),
    );
    return opened;
  };
  return {
    get address() {
      return address;
    },
    async request(method, path, body) {
      const engine = await open();
      const answer = await engine.request(method, path, body);
      address = engine.address;
      return answer;
    },
    remember: async () => (await open()).remember(),
    load: async (path) => (await open()).load(path),
  };
}

/** What src/image works with. */
function imageContext({ run, log, io, store, report, signal }: Surroundings): ImageContext {
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
