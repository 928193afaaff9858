import { completeConfig } from "../../../../drivers/virtualbox/config.ts";
import { vboxManage } from "../../../../drivers/virtualbox/vboxmanage.ts";
import type { Vm } from "../../../../drivers/virtualbox/vm.ts";
import type { DriverConfig, DriverContext } from "../../../../src/driver/driver.ts";
import { silentLog } from "../../../../src/kit/log.ts";
import { instantClock } from "../../../support/fake-clock.ts";
import { type ScriptedCall, scriptedRun } from "../../../support/scripted-run.ts";

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

/** A record of a machine with the default network. */
export function config(name: string, changes: Partial<DriverConfig> = {}): DriverConfig {
  return {
    MachineName: name,
    StorePath: "/store",
    IPAddress: "",
    SSHUser: "docker",
    SSHPort: 0,
    SSHKeyPath: "",
    SwarmMaster: false,
    SwarmHost: "",
    SwarmDiscovery: "",
    HostOnlyCIDR: "192.168.59.1/24",
    NoVTXCheck: true,
    ...changes,
  };
}

/** A VM whose VBoxManage answers these calls only. */
export function vmWith(script: readonly ScriptedCall[], changes: Partial<DriverContext> = {}) {
  const run = scriptedRun(script);
  const ctx = fakeContext({ run, ...changes });
  const vm: Vm = {
    ctx,
    vbox: vboxManage(ctx),
    config: completeConfig(config("m")),
    name: "m",
    dir: "/store/machines/m",
  };
  return { vm, run };
}
