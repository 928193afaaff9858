import type { DriverConfig, FlagSpec, FlagValues } from "#driver";
import { usageError } from "#kit/errors";
import { defaultConfig, type VirtualBoxConfig } from "./config.ts";
import { parseHostCidr } from "./ipv4.ts";

/** Card types that VBoxManage's manual lists for `modifyvm --nictypeN`, over all versions from 5.2 on. */
const nicTypes = ["Am79C970A", "Am79C973", "Am79C960", "82540EM", "82543GC", "82545EM", "virtio", "usbnet"];
const promiscuousModes = ["deny", "allow-vms", "allow-all"];
const uiTypes = ["gui", "sdl", "headless", "separate"];

/** The flags that `create --driver virtualbox` adds; names, variables and types are docker-machine's. */
export const flags: readonly FlagSpec[] = [
  {
    type: "string",
    name: "virtualbox-boot2docker-url",
    summary: "ISO to boot: a file, a URL, a GitHub releases API; default: the newest built or pulled one",
    env: "VIRTUALBOX_BOOT2DOCKER_URL",
    default: "",
  },
  {
    type: "int",
    name: "virtualbox-cpu-count",
    summary: "number of CPUs; below 1: as many as the host has",
    env: "VIRTUALBOX_CPU_COUNT",
    default: defaultConfig.CPU,
  },
  {
    type: "int",
    name: "virtualbox-disk-size",
    summary: "size of the disk in MB",
    env: "VIRTUALBOX_DISK_SIZE",
    default: defaultConfig.DiskSize,
  },
  {
    type: "bool",
    name: "virtualbox-host-dns-resolver",
    summary: "let the host's resolver answer the machine's DNS questions",
    env: "VIRTUALBOX_HOST_DNS_RESOLVER",
  },
  {
    type: "string",
    name: "virtualbox-hostonly-cidr",
    summary: "the host's address and prefix length on the host-only network",
    env: "VIRTUALBOX_HOSTONLY_CIDR",
    default: defaultConfig.HostOnlyCIDR,
  },
  {
    type: "string",
    name: "virtualbox-hostonly-nicpromisc",
    summary: `promiscuous mode of the host-only card: ${promiscuousModes.join(", ")}`,
    env: "VIRTUALBOX_HOSTONLY_NIC_PROMISC",
    default: defaultConfig.HostOnlyPromiscMode,
  },
  {
    type: "string",
    name: "virtualbox-hostonly-nictype",
    summary: `type of the host-only card: ${nicTypes.join(", ")}`,
    env: "VIRTUALBOX_HOSTONLY_NIC_TYPE",
    default: defaultConfig.HostOnlyNicType,
  },
  {
    type: "bool",
    name: "virtualbox-hostonly-no-dhcp",
    summary: "no DHCP on the host-only network",
    env: "VIRTUALBOX_HOSTONLY_NO_DHCP",
  },
  {
    type: "string",
    name: "virtualbox-import-boot2docker-vm",
    summary: "name of a boot2docker VM whose disk is cloned",
    env: "VIRTUALBOX_BOOT2DOCKER_IMPORT_VM",
    default: "",
  },
  {
    type: "int",
    name: "virtualbox-memory",
    summary: "memory in MB",
    env: "VIRTUALBOX_MEMORY_SIZE",
    default: defaultConfig.Memory,
  },
  {
    type: "string",
    name: "virtualbox-nat-nictype",
    summary: "type of the NAT card",
    env: "VIRTUALBOX_NAT_NICTYPE",
    default: defaultConfig.NatNicType,
  },
  {
    type: "bool",
    name: "virtualbox-no-dns-proxy",
    summary: "do not pass the machine's DNS questions on to the host's servers",
    env: "VIRTUALBOX_NO_DNS_PROXY",
  },
  {
    type: "bool",
    name: "virtualbox-no-share",
    summary: "share no folder of the host",
    env: "VIRTUALBOX_NO_SHARE",
  },
  {
    type: "bool",
    name: "virtualbox-no-vtx-check",
    summary: "do not look whether the CPU's virtualization is on",
    env: "VIRTUALBOX_NO_VTX_CHECK",
  },
  {
    type: "string",
    name: "virtualbox-share-folder",
    summary: "share this folder instead of the home folder: dir:name",
    env: "VIRTUALBOX_SHARE_FOLDER",
    default: "",
  },
  {
    type: "string",
    name: "virtualbox-ui-type",
    summary: `how the VM shows itself: ${uiTypes.join(", ")}`,
    env: "VIRTUALBOX_UI_TYPE",
    default: defaultConfig.UIType,
  },
];

/** Flags to the config that the record keeps; a value that VirtualBox would refuse is refused here (exit 2). */
export function configure(values: FlagValues, base: DriverConfig): VirtualBoxConfig {
  const cidr = values.string("virtualbox-hostonly-cidr");
  if (cidr !== "" && parseHostCidr(cidr) === undefined) {
    throw usageError(
      `--virtualbox-hostonly-cidr "${cidr}" is not a host's address with a prefix length`,
      `the address is the host's own, not the network's: ${defaultConfig.HostOnlyCIDR}`,
    );
  }
  return {
    ...base,
    SSHUser: "docker",
    ...defaultConfig,
    CPU: values.int("virtualbox-cpu-count"),
    Memory: atLeast(values, "virtualbox-memory", 4),
    DiskSize: atLeast(values, "virtualbox-disk-size", 1),
    NatNicType: oneOf(values, "virtualbox-nat-nictype", nicTypes, defaultConfig.NatNicType),
    Boot2DockerURL: values.string("virtualbox-boot2docker-url"),
    Boot2DockerImportVM: values.string("virtualbox-import-boot2docker-vm"),
    HostDNSResolver: values.bool("virtualbox-host-dns-resolver"),
    HostOnlyCIDR: cidr === "" ? defaultConfig.HostOnlyCIDR : cidr,
    HostOnlyNicType: oneOf(values, "virtualbox-hostonly-nictype", nicTypes, defaultConfig.HostOnlyNicType),
    HostOnlyPromiscMode: oneOf(
      values,
      "virtualbox-hostonly-nicpromisc",
      promiscuousModes,
      defaultConfig.HostOnlyPromiscMode,
    ),
    UIType: oneOf(values, "virtualbox-ui-type", uiTypes, defaultConfig.UIType),
    HostOnlyNoDHCP: values.bool("virtualbox-hostonly-no-dhcp"),
    NoShare: values.bool("virtualbox-no-share"),
    DNSProxy: !values.bool("virtualbox-no-dns-proxy"),
    NoVTXCheck: values.bool("virtualbox-no-vtx-check"),
    ShareFolder: shareFolder(values),
  };
}

function atLeast(values: FlagValues, name: string, least: number): number {
  const value = values.int(name);
  if (value < least) throw usageError(`--${name} must be at least ${least}, not ${value}`);
  return value;
}

/** VBoxManage compares such words without regard to case; what is kept is its own spelling. */
function oneOf(values: FlagValues, name: string, choices: readonly string[], fallback: string): string {
  const value = values.string(name);
  if (value === "") return fallback;
  const choice = choices.find((word) => word.toLowerCase() === value.toLowerCase());
  if (choice === undefined)
    throw usageError(`--${name} cannot be "${value}"`, `one of: ${choices.join(", ")}`);
  return choice;
}

function shareFolder(values: FlagValues): string {
  const value = values.string("virtualbox-share-folder");
  if (value !== "" && (!value.includes(":") || value.startsWith(":"))) {
    throw usageError(`--virtualbox-share-folder "${value}" has not the form dir:name`);
  }
  return value;
}
