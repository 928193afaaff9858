import type { MachineState } from "#driver";

/** `showvminfo --machinereadable` as keys and values, without the quotes around either. */
export type VmInfo = ReadonlyMap<string, string>;

export function parseVmInfo(output: string): VmInfo {
  const info = new Map<string, string>();
  for (const line of linesOf(output)) {
    const match = /^("[^"]*"|[^=]+)=(.*)$/.exec(line);
    if (match?.[1] !== undefined && match[2] !== undefined) info.set(unquote(match[1]), unquote(match[2]));
  }
  return info;
}

/** VirtualBox's word for a VM's state (`VMState=` of showvminfo) as the state of a machine. */
export function machineState(vmState: string): MachineState {
  switch (vmState) {
    case "running":
    case "teleporting":
    case "livesnapshotting":
      return "Running";
    case "paused":
    case "gurumeditation":
      return vmState === "paused" ? "Paused" : "Error";
    case "saved":
    case "aborted-saved":
      return "Saved";
    case "poweroff":
    case "aborted":
      return "Stopped";
    case "starting":
    case "restoring":
      return "Starting";
    case "stopping":
    case "saving":
      return "Stopping";
    default:
      return "";
  }
}

/** The words of `list --long` for the same states: "running (since …)", "powered off", "gurumeditation". */
function stateOfLongList(text: string): MachineState {
  const word = text.replace(/\s*\(since .*$/, "").trim();
  return machineState(word === "powered off" ? "poweroff" : word.replaceAll(" ", ""));
}

export interface ListedVm {
  readonly name: string;
  readonly uuid: string;
}

/** `list vms`: `"name" {uuid}` per line; a VM whose definition cannot be read is named "<inaccessible>". */
export function parseVmList(output: string): ListedVm[] {
  return linesOf(output).flatMap((line) => {
    const match = /^"(.*)" \{([0-9a-f-]+)\}$/.exec(line);
    return match?.[1] === undefined || match[2] === undefined ? [] : [{ name: match[1], uuid: match[2] }];
  });
}

export interface LongListedVm extends ListedVm {
  readonly state: MachineState;
  /** Names of the host-only interfaces or networks that its cards are attached to. */
  readonly hostOnly: readonly string[];
  /** Of each card in use, twelve lower-case hex digits. */
  readonly macs: readonly string[];
}

/** `list --long vms` and `list --long runningvms`. */
export function parseLongVmList(output: string): LongListedVm[] {
  const blocks = output.replaceAll("\r", "").split(/^(?=Name:\s)/m);
  return blocks.flatMap((block) => {
    // shared folders have lines that begin with Name: too, and no state
    const name = /^Name:\s+(.*)$/m.exec(block)?.[1];
    const state = /^State:\s+(.*)$/m.exec(block)?.[1];
    if (name === undefined || state === undefined) return [];
    const nics = [...block.matchAll(/^NIC \d+:\s+MAC: ([0-9A-Fa-f]{12}), Attachment: ([^\n]*?), Cable/gm)];
    return [
      {
        name,
        uuid: /^UUID:\s+(\S+)$/m.exec(block)?.[1] ?? "",
        state: stateOfLongList(state),
        hostOnly: nics.flatMap(
          (nic) => /^Host-only (?:Interface|Network) '(.*)'$/.exec(nic[2] ?? "")?.[1] ?? [],
        ),
        macs: nics.map((nic) => (nic[1] ?? "").toLowerCase()),
      },
    ];
  });
}

export interface HostOnlyInterface {
  /** "vboxnet0"; on Windows "VirtualBox Host-Only Ethernet Adapter #2". */
  readonly name: string;
  readonly address: string;
  readonly mask: string;
  /** The interface itself asks for an address by DHCP. */
  readonly dhcp: boolean;
  /** "HostInterfaceNetworking-vboxnet0": the name of its DHCP server. */
  readonly networkName: string;
}

/** `list hostonlyifs`. */
export function parseHostOnlyInterfaces(output: string): HostOnlyInterface[] {
  return records(output, "Name").map((fields) => ({
    name: fields.get("Name") ?? "",
    address: fields.get("IPAddress") ?? "",
    mask: fields.get("NetworkMask") ?? "",
    dhcp: fields.get("DHCP") === "Enabled",
    networkName: fields.get("VBoxNetworkName") ?? `HostInterfaceNetworking-${fields.get("Name") ?? ""}`,
  }));
}

export interface HostOnlyNet {
  readonly name: string;
  readonly mask: string;
  readonly lower: string;
  readonly upper: string;
  readonly enabled: boolean;
}

/** `list hostonlynets` of VirtualBox 7 on macOS. */
export function parseHostOnlyNets(output: string): HostOnlyNet[] {
  return records(output, "Name").map((fields) => ({
    name: fields.get("Name") ?? "",
    mask: fields.get("NetworkMask") ?? "",
    lower: fields.get("LowerIP") ?? "",
    upper: fields.get("UpperIP") ?? "",
    enabled: fields.get("State") === "Enabled",
  }));
}

export interface DhcpServer {
  readonly networkName: string;
  readonly address: string;
  readonly mask: string;
  readonly lower: string;
  readonly upper: string;
  readonly enabled: boolean;
  /** Addresses that are given to one card only, by the card's address in twelve lower-case hex digits. */
  readonly fixed: ReadonlyMap<string, string>;
}

/** `list dhcpservers`: the keys of VirtualBox 5 (`IP`, `lowerIPAddress`) and those from 6 on (`Dhcpd IP`, `LowerIPAddress`). */
export function parseDhcpServers(output: string): DhcpServer[] {
  const blocks = output.replaceAll("\r", "").split(/^(?=NetworkName:)/m);
  return blocks.flatMap((block) => {
    const [head = ""] = block.split(/^Global Config/m);
    const fields = new Map(
      [...head.matchAll(/^([^:\n]+):[ \t]*(.*)$/gm)].map((match) => [
        (match[1] ?? "").toLowerCase(),
        match[2] ?? "",
      ]),
    );
    const networkName = fields.get("networkname");
    if (networkName === undefined) return [];
    return [
      {
        networkName,
        address: fields.get("dhcpd ip") ?? fields.get("ip") ?? "",
        mask: fields.get("networkmask") ?? "",
        lower: fields.get("loweripaddress") ?? "",
        upper: fields.get("upperipaddress") ?? "",
        enabled: fields.get("enabled") === "Yes",
        fixed: fixedAddresses(block),
      },
    ];
  });
}

function fixedAddresses(block: string): Map<string, string> {
  const fixed = new Map<string, string>();
  for (const config of block.split(/^(?=Individual Config:)/m).slice(1)) {
    const mac = /^Individual Config:.*MAC ([0-9a-fA-F:]{17})/.exec(config)?.[1];
    const address = /^\s+Fixed Address:\s+([\d.]+)$/m.exec(config)?.[1];
    if (mac !== undefined && address !== undefined) fixed.set(bareMac(mac), address);
  }
  return fixed;
}

/** "08:00:27:AA:BB:CC" as "080027aabbcc". */
export function bareMac(mac: string): string {
  return mac.replaceAll(/[:-]/g, "").toLowerCase();
}

/** The IPv4 address that `ip addr show` lists under the card with this address. */
export function addressOfMac(output: string, mac: string): string | undefined {
  let isOurs = false;
  for (const line of linesOf(output)) {
    const link = /^\s*link\/\S+ ([0-9a-f:]+)/.exec(line)?.[1];
    if (link !== undefined) isOurs = bareMac(link) === mac;
    const address = /^\s*inet ([\d.]+)\//.exec(line)?.[1];
    if (isOurs && address !== undefined) return address;
  }
  return undefined;
}

/** Blocks of `Key: value` lines, each starting with the line of `firstKey`. */
function records(output: string, firstKey: string): Map<string, string>[] {
  const all: Map<string, string>[] = [];
  for (const line of linesOf(output)) {
    const match = /^([^:]+):[ \t]*(.*)$/.exec(line);
    const key = match?.[1];
    if (key === undefined) continue;
    if (key === firstKey) all.push(new Map());
    all.at(-1)?.set(key, (match?.[2] ?? "").trim());
  }
  return all;
}

function linesOf(output: string): string[] {
  return output.replaceAll("\r", "").split("\n");
}

function unquote(text: string): string {
  return text.length >= 2 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
}
