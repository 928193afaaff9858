// Called when a VM's QEMU has ended: node ended.mjs UUID EXIT-CODE. Tells VirtualBox how.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import { stop } from "./dhcp.mjs";
import { alone, vmFolder } from "./lab.mjs";
import { findLive, forgetLive, liveVms, logLine, setDefinitionAttributes } from "./live.mjs";

const [uuid = "", exitCode = "1"] = process.argv.slice(2);
const vm = findLive(uuid);
if (vm !== undefined) {
  alone("power", () => {
    for (const tap of vm.taps) spawnSync("ip", ["link", "del", tap], { stdio: "ignore" });
    const others = liveVms().filter((one) => one.uuid !== uuid);
    for (const bridge of vm.bridges) {
      if (!others.some((one) => one.bridges.includes(bridge))) stop(bridge);
    }
    const saved = join(vmFolder(uuid), "memory.saved");
    if (existsSync(saved)) {
      const stateFile = "Snapshots/lab.sav";
      const target = join(dirname(vm.file), stateFile);
      mkdirSync(dirname(target), { recursive: true });
      renameSync(saved, target);
      setDefinitionAttributes(vm.file, { stateFile });
    } else if (exitCode !== "0") {
      logLine(vm, `The VM's process ended with code ${exitCode}`);
      setDefinitionAttributes(vm.file, { aborted: true });
    }
    forgetLive(uuid);
  });
}
