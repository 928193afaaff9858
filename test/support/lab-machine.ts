import { join } from "node:path";
import { userEngine } from "../../src/docker/client.ts";
import type { DriverContext } from "../../src/driver/driver.ts";
import { systemClock } from "../../src/kit/clock.ts";
import { silentLog } from "../../src/kit/log.ts";
import { realRun } from "../../src/kit/process.ts";
import { waitForBanner } from "../../src/ssh/banner.ts";
import { ensureKey } from "../../src/ssh/keys.ts";
import { openStore } from "../../src/store/file-store.ts";
import type { Lab, LabEngine } from "../lab/engines.ts";

/** The folder of the images that `npm test` has built. */
const imageFolder = () =>
  process.env["MACHINE_IMAGE_CACHE"] ??
  join(process.env["MACHINE_TEST_CACHE"] ?? "/var/cache/machine", "images");

/** A driver's context on an engine of a lab; the store is in the lab's folder. */
export function labDriverContext(
  lab: Lab,
  engine: LabEngine,
  image: string,
  env: Record<string, string> = {},
): DriverContext {
  const storeRoot = join(lab.dir, "store");
  const store = openStore(storeRoot, { clock: systemClock, log: silentLog });
  return {
    run: realRun(silentLog),
    ssh: {
      run: () => Promise.reject(new Error("this driver needs no SSH")),
      waitForBanner: (target, options) => waitForBanner(systemClock, target, options),
      ensureKey,
    },
    engine: userEngine(async () => ({ url: engine.address, certPath: "" }), storeRoot),
    images: { find: async () => image },
    clock: systemClock,
    log: silentLog,
    env,
    platform: "linux",
    arch: "x64",
    storeRoot,
    machineDir: (name) => store.machineDir(name),
    withLock: (name, task) => store.withLock(name, task),
    progress: () => undefined,
  };
}

/** Loads the container machine image into the engine. @returns its reference */
export async function loadMachineImage(lab: Lab, engine: LabEngine): Promise<string> {
  const { stdout } = await lab.run("docker", ["load", "-i", join(imageFolder(), "machine.tar")], {
    env: { ...process.env, DOCKER_HOST: engine.address },
    timeoutMs: 300_000,
  });
  const reference = /Loaded image: (\S+)/.exec(stdout)?.[1];
  if (reference === undefined) throw new Error(`no image was loaded: ${stdout}`);
  return reference;
}
