import type { DriverContext } from "../../../../src/driver/driver.ts";
import { silentLog } from "../../../../src/kit/log.ts";
import { instantClock } from "../../../support/fake-clock.ts";
import { scriptedRun } from "../../../support/scripted-run.ts";

/** A context that can do nothing but what a test puts in. */
export function fakeContext(changes: Partial<DriverContext> = {}): DriverContext {
  const none = async (): Promise<never> => {
    throw new Error("this test did not expect the call");
  };
  return {
    run: scriptedRun([]),
    ssh: { run: none, waitForBanner: none, ensureKey: none },
    engine: { request: none, address: "", remember: none, load: none },
    images: { find: none },
    clock: instantClock(),
    log: silentLog,
    env: {},
    platform: "linux",
    arch: "x64",
    storeRoot: "/store",
    machineDir: (name) => `/store/machines/${name}`,
    withLock: (_name, task) => task(),
    progress: () => undefined,
    ...changes,
  };
}
