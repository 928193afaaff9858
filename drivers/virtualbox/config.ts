import type { DriverConfig } from "#driver";

/** What a VirtualBox machine's record keeps in `Driver`; names and meanings are docker-machine's. */
export interface VirtualBoxConfig extends DriverConfig, VirtualBoxKeys {}

interface VirtualBoxKeys {
  /** Empty objects that docker-machine writes and nothing reads. */
  VBoxManager: object;
  HostInterfaces: object;
  CPU: number;
  /** MiB. */
  Memory: number;
  /** MiB. */
  DiskSize: number;
  NatNicType: string;
  Boot2DockerURL: string;
  Boot2DockerImportVM: string;
  HostDNSResolver: boolean;
  /** The host's own address on the host-only network, with the prefix length. */
  HostOnlyCIDR: string;
  HostOnlyNicType: string;
  HostOnlyPromiscMode: string;
  UIType: string;
  HostOnlyNoDHCP: boolean;
  NoShare: boolean;
  DNSProxy: boolean;
  NoVTXCheck: boolean;
  /** "dir:name"; "" for the home folder of the operating system. */
  ShareFolder: string;
}

/** The range that VirtualBox from 6.1.28 on allows without a networks.conf, and that minikube uses too. */
const defaultHostOnlyCidr = "192.168.59.1/24";

/** What docker-machine's default was, and so that of records without one. */
const oldHostOnlyCidr = "192.168.99.1/24";

export const defaultConfig = {
  VBoxManager: {},
  HostInterfaces: {},
  CPU: 1,
  Memory: 1024,
  DiskSize: 20_000,
  NatNicType: "82540EM",
  Boot2DockerURL: "",
  Boot2DockerImportVM: "",
  HostDNSResolver: false,
  HostOnlyCIDR: defaultHostOnlyCidr,
  HostOnlyNicType: "82540EM",
  HostOnlyPromiscMode: "deny",
  UIType: "headless",
  HostOnlyNoDHCP: false,
  NoShare: false,
  DNSProxy: true,
  NoVTXCheck: false,
  ShareFolder: "",
} as const;

/**
 * Turns a record's Driver object of any age into a whole one, in place, so that unknown keys stay.
 * A key that is missing, or of another type, gets what docker-machine would assume.
 */
export function completeConfig(config: DriverConfig): VirtualBoxConfig {
  const defaults = { ...defaultConfig, HostOnlyCIDR: oldHostOnlyCidr };
  const known: VirtualBoxKeys = {
    VBoxManager: objectOr(config["VBoxManager"]),
    HostInterfaces: objectOr(config["HostInterfaces"]),
    CPU: numberOr(config["CPU"], defaults.CPU),
    Memory: positiveOr(config["Memory"], defaults.Memory),
    DiskSize: positiveOr(config["DiskSize"], defaults.DiskSize),
    NatNicType: textOr(config["NatNicType"], defaults.NatNicType),
    Boot2DockerURL: textOr(config["Boot2DockerURL"], ""),
    Boot2DockerImportVM: textOr(config["Boot2DockerImportVM"], ""),
    HostDNSResolver: config["HostDNSResolver"] === true,
    HostOnlyCIDR: textOr(config["HostOnlyCIDR"], defaults.HostOnlyCIDR),
    HostOnlyNicType: textOr(config["HostOnlyNicType"], defaults.HostOnlyNicType),
    HostOnlyPromiscMode: textOr(config["HostOnlyPromiscMode"], defaults.HostOnlyPromiscMode),
    UIType: textOr(config["UIType"], defaults.UIType),
    HostOnlyNoDHCP: config["HostOnlyNoDHCP"] === true,
    NoShare: config["NoShare"] === true,
    DNSProxy: config["DNSProxy"] !== false,
    NoVTXCheck: config["NoVTXCheck"] === true,
    ShareFolder: textOr(config["ShareFolder"], ""),
  };
  const whole = Object.assign(config, known);
  if (whole.SSHUser === "") whole.SSHUser = "docker";
  return whole;
}

function objectOr(value: unknown): object {
  return typeof value === "object" && value !== null ? value : {};
}

/** Below 1 means all CPUs; docker-machine writes 0 for none given. */
function numberOr(value: unknown, fallback: number): number {
  return typeof value === "number" ? value : fallback;
}

function positiveOr(value: unknown, fallback: number): number {
  return typeof value === "number" && value > 0 ? value : fallback;
}

function textOr(value: unknown, fallback: string): string {
  return typeof value === "string" && value !== "" ? value : fallback;
}
