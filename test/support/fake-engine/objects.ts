import { createHash, randomBytes } from "node:crypto";
import { hostDefaults } from "./host-defaults.ts";

export type Json = Record<string, unknown>;

export interface FakeContainer {
  id: string;
  name: string;
  /** Body of the create. */
  config: Json;
  imageId: string;
  state: "created" | "running" | "paused" | "exited";
  exitCode: number;
  pid: number;
  createdAt: Date;
  startedAt: Date | undefined;
  finishedAt: Date | undefined;
  logs: string[];
  /** Stays undefined on created ones; ends followers when it stops. */
  restartCount: number;
}

export interface FakeImage {
  id: string;
  tags: string[];
  createdAt: Date;
  sizeBytes: number;
}

export interface FakeNetwork {
  id: string;
  name: string;
  driver: string;
  scope: string;
  labels: Json;
  options: Json;
  createdAt: Date;
  subnet: string;
}

export interface FakeVolume {
  name: string;
  driver: string;
  labels: Json;
  createdAt: Date;
}

export const hexId = (): string => randomBytes(32).toString("hex");
export const digestOf = (text: string): string => createHash("sha256").update(text).digest("hex");

const zeroTime = "0001-01-01T00:00:00Z";

export function record(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}

export const text = (value: unknown): string => (typeof value === "string" ? value : "");
export const count = (value: unknown): number => (typeof value === "number" ? value : 0);

export const isAlive = (container: FakeContainer): boolean =>
  container.state === "running" || container.state === "paused";

/** Ports as the engine assigns them: an empty host port gets one of the ephemeral range. */
function actualPorts(container: FakeContainer): Json {
  if (!isAlive(container)) return {};
  const ports: Json = {};
  for (const port of Object.keys(record(container.config["ExposedPorts"]))) ports[port] = null;
  for (const [port, bindings] of Object.entries(
    record(record(container.config["HostConfig"])["PortBindings"]),
  )) {
    if (!Array.isArray(bindings)) continue;
    ports[port] = bindings.map((binding: unknown) => ({
      HostIp: text(record(binding)["HostIp"]) || "0.0.0.0",
      HostPort:
        text(record(binding)["HostPort"]) ||
        String(32768 + (Number.parseInt(container.id.slice(0, 4), 16) % 28000)),
    }));
  }
  return ports;
}

function networkMode(container: FakeContainer): string {
  return text(record(container.config["HostConfig"])["NetworkMode"]) || "default";
}

function networksOf(container: FakeContainer, networks: ReadonlyMap<string, FakeNetwork>): Json {
  const mode = networkMode(container);
  if (mode.startsWith("container:")) return {};
  const name = mode === "default" ? "bridge" : mode;
  const network = [...networks.values()].find((one) => one.name === name || one.id === name);
  const alive = isAlive(container);
  const tail = Number.parseInt(container.id.slice(0, 2), 16) % 250;
  return {
    [network?.name ?? name]: {
      IPAMConfig: null,
      Links: null,
      Aliases: null,
      MacAddress: alive ? `02:42:ac:11:00:${container.id.slice(0, 2)}` : "",
      DriverOpts: null,
      NetworkID: alive ? (network?.id ?? "") : "",
      EndpointID: alive ? digestOf(`${container.id}endpoint`) : "",
      Gateway: alive ? "172.17.0.1" : "",
      IPAddress: alive ? `172.17.0.${tail + 2}` : "",
      IPPrefixLen: alive ? 16 : 0,
      IPv6Gateway: "",
      GlobalIPv6Address: "",
      GlobalIPv6PrefixLen: 0,
      DNSNames: null,
    },
  };
}

function statusText(container: FakeContainer, now: Date): string {
  const seconds = (since: Date | undefined) =>
    Math.max(0, Math.round((now.getTime() - (since ?? now).getTime()) / 1000));
  if (container.state === "created") return "Created";
  if (container.state === "exited")
    return `Exited (${container.exitCode}) ${seconds(container.finishedAt)} seconds ago`;
  return `Up ${seconds(container.startedAt)} seconds${container.state === "paused" ? " (Paused)" : ""}`;
}

function commandOf(container: FakeContainer): { path: string; args: string[] } {
  const words = [container.config["Entrypoint"], container.config["Cmd"]]
    .flat()
    .filter((word) => typeof word === "string");
  return { path: words[0] ?? "sh", args: words.slice(1) };
}

/** One entry of GET /containers/json. */
export function containerSummary(
  container: FakeContainer,
  networks: ReadonlyMap<string, FakeNetwork>,
  now: Date,
): Json {
  const { path, args } = commandOf(container);
  const ports: Json[] = [];
  for (const [port, bindings] of Object.entries(actualPorts(container))) {
    const [number, type = "tcp"] = port.split("/");
    if (!Array.isArray(bindings)) ports.push({ PrivatePort: Number(number), Type: type });
    else
      for (const binding of bindings)
        ports.push({
          IP: text(record(binding)["HostIp"]),
          PrivatePort: Number(number),
          PublicPort: Number(text(record(binding)["HostPort"])),
          Type: type,
        });
  }
  return {
    Id: container.id,
    Names: [`/${container.name}`],
    Image: text(container.config["Image"]),
    ImageID: container.imageId,
    Command: [path, ...args].join(" "),
    Created: Math.floor(container.createdAt.getTime() / 1000),
    Ports: ports,
    Labels: record(container.config["Labels"]),
    State: container.state,
    Status: statusText(container, now),
    HostConfig: { NetworkMode: networkMode(container) },
    NetworkSettings: { Networks: networksOf(container, networks) },
    Mounts: [],
  };
}

/** GET /containers/ID/json. */
export function containerInspect(
  container: FakeContainer,
  networks: ReadonlyMap<string, FakeNetwork>,
  engineVersion: string,
): Json {
  const { HostConfig, NetworkingConfig: _networking, ...config } = container.config;
  const { path, args } = commandOf(container);
  const root = `/var/lib/docker/containers/${container.id}`;
  const alive = isAlive(container);
  const layer = `/var/lib/docker/overlay2/${digestOf(container.id)}`;
  return {
    Id: container.id,
    Created: container.createdAt.toISOString(),
    Path: path,
    Args: args,
    State: {
      Status: container.state,
      Running: alive,
      Paused: container.state === "paused",
      Restarting: false,
      OOMKilled: false,
      Dead: false,
      Pid: alive ? container.pid : 0,
      ExitCode: container.exitCode,
      Error: "",
      StartedAt: container.startedAt?.toISOString() ?? zeroTime,
      FinishedAt: container.finishedAt?.toISOString() ?? zeroTime,
    },
    Image: container.imageId,
    ResolvConfPath: `${root}/resolv.conf`,
    HostnamePath: `${root}/hostname`,
    HostsPath: `${root}/hosts`,
    LogPath: `${root}/${container.id}-json.log`,
    Name: `/${container.name}`,
    RestartCount: container.restartCount,
    Driver: "overlay2",
    Platform: "linux",
    MountLabel: "",
    ProcessLabel: "",
    AppArmorProfile: "docker-default",
    ExecIDs: null,
    HostConfig: { ...hostDefaults, ...record(HostConfig), NetworkMode: networkMode(container) },
    GraphDriver: {
      Data: {
        LowerDir: `${layer}-init/diff:/var/lib/docker/overlay2/${digestOf(container.imageId)}/diff`,
        MergedDir: `${layer}/merged`,
        UpperDir: `${layer}/diff`,
        WorkDir: `${layer}/work`,
      },
      Name: "overlay2",
    },
    Mounts: [],
    Config: {
      Hostname: container.id.slice(0, 12),
      Domainname: "",
      User: "",
      AttachStdin: false,
      AttachStdout: true,
      AttachStderr: true,
      Tty: false,
      OpenStdin: false,
      StdinOnce: false,
      Volumes: null,
      WorkingDir: "",
      Entrypoint: null,
      OnBuild: null,
      ...config,
      Env: [
        ...(Array.isArray(config["Env"]) ? config["Env"] : []),
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      ],
      Labels: record(config["Labels"]),
    },
    NetworkSettings: {
      Bridge: "",
      SandboxID: alive ? digestOf(`${container.id}sandbox`) : "",
      SandboxKey: alive ? `/var/run/docker/netns/${container.id.slice(0, 12)}` : "",
      Ports: actualPorts(container),
      HairpinMode: false,
      LinkLocalIPv6Address: "",
      LinkLocalIPv6PrefixLen: 0,
      SecondaryIPAddresses: null,
      SecondaryIPv6Addresses: null,
      EndpointID: "",
      Gateway: "",
      GlobalIPv6Address: "",
      GlobalIPv6PrefixLen: 0,
      IPAddress: "",
      IPPrefixLen: 0,
      IPv6Gateway: "",
      MacAddress: "",
      Networks: networksOf(container, networks),
    },
    ...(engineVersion.startsWith("2") ? {} : { ImageManifestDescriptor: null }),
  };
}
