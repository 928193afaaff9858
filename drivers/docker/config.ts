import type { DriverConfig, FlagSpec, FlagValues } from "#driver";
import { AppError, usageError } from "#kit/errors";

export interface DockerConfig extends DriverConfig {
  Container: string;
  /** The engine's id of the container, by which it is known after the store was moved; "" before it is made. */
  ContainerID: string;
  Image: string;
  Network: string;
  /** "" until the network was chosen. */
  NetworkCIDR: string;
  /** 0: no limit. */
  CPU: number;
  /** MiB; 0: no limit. */
  Memory: number;
  Publish: Publish;
}

export type Publish = "auto" | "always" | "never";

const isPublish = (text: unknown): text is Publish =>
  text === "auto" || text === "always" || text === "never";

export const flags: readonly FlagSpec[] = [
  {
    name: "docker-image",
    type: "string",
    default: "",
    env: "MACHINE_DOCKER_IMAGE",
    summary:
      "container machine image: a reference on the engine or an archive (default: the newest built one)",
  },
  {
    name: "docker-cpus",
    type: "int",
    default: 0,
    env: "MACHINE_DOCKER_CPUS",
    summary: "CPUs the machine may use (0: all)",
  },
  {
    name: "docker-memory",
    type: "int",
    default: 0,
    env: "MACHINE_DOCKER_MEMORY",
    summary: "memory the machine may use, in MiB (0: all)",
  },
  {
    name: "docker-network",
    type: "string",
    default: "machine",
    env: "MACHINE_DOCKER_NETWORK",
    summary: "bridge network of the machines; made when it is not there",
  },
  {
    name: "docker-network-cidr",
    type: "string",
    default: "",
    env: "MACHINE_DOCKER_NETWORK_CIDR",
    summary:
      "address range of that network when it is made (default: a free one of 192.168.92.0/24 to 192.168.99.0/24)",
  },
  {
    name: "docker-publish",
    type: "string",
    default: "auto",
    choices: ["auto", "always", "never"],
    env: "MACHINE_DOCKER_PUBLISH",
    summary:
      "publish ports 22, 2376 and 3376 on the engine's host: auto where container addresses cannot be reached",
  },
];

/** Flags to the record's Driver object. */
export function configure(values: FlagValues, base: DriverConfig): DockerConfig {
  const cpus = values.int("docker-cpus");
  const memory = values.int("docker-memory");
  if (cpus < 0) throw usageError(`--docker-cpus cannot be negative: ${cpus}`);
  if (memory !== 0 && memory < 128)
    throw usageError(`--docker-memory is in MiB and at least 128, not ${memory}`);
  const network = values.string("docker-network");
  if (!/^[a-zA-Z0-9][\w.-]*$/.test(network))
    throw usageError(`--docker-network: "${network}" is no network name`);
  const cidr = values.string("docker-network-cidr");
  if (cidr !== "") parseCidr(cidr);
  return {
    ...base,
    SSHUser: "docker",
    SSHPort: 22,
    Container: `machine-${base.MachineName}`,
    ContainerID: "",
    Image: values.string("docker-image"),
    Network: network,
    NetworkCIDR: cidr,
    CPU: cpus,
    Memory: memory,
    Publish: publishOf(values.string("docker-publish")),
  };
}

function publishOf(text: string): Publish {
  if (!isPublish(text)) throw usageError(`--docker-publish is auto, always or never, not "${text}"`);
  return text;
}

/** A record's Driver object of any age, completed. */
export function openConfig(config: DriverConfig): DockerConfig {
  const text = (key: string, fallback: string) => {
    const value = config[key];
    return typeof value === "string" && value !== "" ? value : fallback;
  };
  const number = (key: string) => {
    const value = config[key];
    return typeof value === "number" ? value : 0;
  };
  const publish = config["Publish"];
  // the same object is kept, so that keys of others survive
  return Object.assign(config, {
    SSHUser: config.SSHUser === "" ? "docker" : config.SSHUser,
    SSHPort: config.SSHPort === 0 ? 22 : config.SSHPort,
    Container: text("Container", `machine-${config.MachineName}`),
    ContainerID: text("ContainerID", ""),
    Image: text("Image", ""),
    Network: text("Network", "machine"),
    NetworkCIDR: text("NetworkCIDR", ""),
    CPU: number("CPU"),
    Memory: number("Memory"),
    Publish: isPublish(publish) ? publish : "auto",
  });
}

export interface Cidr {
  /** First address as a number. */
  first: number;
  prefix: number;
}

/** "192.168.92.0/24" to numbers; host bits are cut off. Between /16 and /28. */
export function parseCidr(text: string): Cidr {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(text);
  const parts = match?.slice(1).map(Number) ?? [];
  const [a = 256, b = 256, c = 256, d = 256, prefix = 0] = parts;
  if ([a, b, c, d].some((part) => part > 255) || prefix < 16 || prefix > 28) {
    throw new AppError("DOCKER_CIDR_INVALID", `"${text}" is no IPv4 range between /16 and /28`, {
      exitCode: 2,
    });
  }
  const size = 2 ** (32 - prefix);
  const address = a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d;
  return { first: address - (address % size), prefix };
}

/** A number as dotted address. */
export function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}
