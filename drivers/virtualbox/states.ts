import { join } from "node:path";
import type { DriverConfig, DriverContext, StateAnswer } from "#driver";
import { readTextIfPresent } from "#kit/fs";
import { type LongListedVm, parseDhcpServers, parseLongVmList, parseVmList } from "./parse.ts";
import type { VBoxManage } from "./vboxmanage.ts";

/**
 * States of all machines with at most three calls: which VMs there are, what those are that run, and, for one that
 * runs without a known address, what the DHCP servers give. `list --long vms` would say all at once, but takes 80 ms
 * for each VM (measured with 7.2.22); whether one that is off has a saved state stands in its definition's file.
 */
export async function askStates(
  ctx: DriverContext,
  vbox: VBoxManage,
  configs: readonly DriverConfig[],
): Promise<Map<string, StateAnswer>> {
  const [vms, running] = await Promise.all([
    vbox(["list", "vms"]).then(({ stdout }) => parseVmList(stdout)),
    vbox(["list", "--long", "runningvms"]).then(({ stdout }) => parseLongVmList(stdout)),
  ]);
  const known = new Set(vms.map(({ name }) => name));
  const runningByName = new Map(running.map((one) => [one.name, one]));
  const hasUnreadable = known.has("<inaccessible>");
  const addresses = await fixedAddresses(vbox, configs, runningByName);
  const answers = configs.map(async (config): Promise<[string, StateAnswer]> => {
    const name = config.MachineName;
    const live = runningByName.get(name);
    if (live !== undefined) return [name, liveAnswer(live, config, addresses)];
    if (known.has(name)) {
      return [name, { state: (await hasSavedState(ctx, name)) ? "Saved" : "Stopped", url: "" }];
    }
    if (hasUnreadable && (await definition(ctx, name)) !== undefined) {
      return [name, { state: "Error", url: "", error: "VirtualBox cannot read the VM's definition" }];
    }
    return [name, { state: "NotFound", url: "" }];
  });
  return new Map(await Promise.all(answers));
}

function liveAnswer(
  live: LongListedVm,
  config: DriverConfig,
  addresses: ReadonlyMap<string, string>,
): StateAnswer {
  const address = config.IPAddress || live.macs.map((mac) => addresses.get(mac)).find(Boolean) || "";
  return {
    state: live.state,
    url: live.state === "Running" && address !== "" ? `tcp://${address}:2376` : "",
  };
}

async function fixedAddresses(
  vbox: VBoxManage,
  configs: readonly DriverConfig[],
  running: ReadonlyMap<string, LongListedVm>,
): Promise<Map<string, string>> {
  if (!configs.some(({ MachineName, IPAddress }) => IPAddress === "" && running.has(MachineName)))
    return new Map();
  const { stdout } = await vbox(["list", "dhcpservers"]);
  return new Map(parseDhcpServers(stdout).flatMap(({ fixed }) => [...fixed]));
}

/** The VM's definition as VirtualBox keeps it in the machine's folder. */
function definition(ctx: DriverContext, name: string): Promise<string | undefined> {
  return readTextIfPresent(join(ctx.machineDir(name), name, `${name}.vbox`));
}

/** The element `Machine` names the file of a saved state. Source: VirtualBox's settings schema, VirtualBox-settings.xsd. */
async function hasSavedState(ctx: DriverContext, name: string): Promise<boolean> {
  return /<Machine\s[^>]*\bstateFile="[^"]+"/.test((await definition(ctx, name)) ?? "");
}
