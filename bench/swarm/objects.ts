import { createHash } from "node:crypto";

/** JSON of the size and shape that a Docker engine answers, for engines that only the bench knows. */
export type Json = Record<string, unknown>;

/** 64 hex digits that follow from the words. */
export function digest(...words: (string | number)[]): string {
  return createHash("sha256").update(words.join("/")).digest("hex");
}

export interface Container {
  readonly id: string;
  readonly name: string;
  readonly labels: Json;
  readonly memory: number;
  readonly createdAt: Date;
  startedAt: Date | undefined;
}

const networkId = digest("network");
const imageId = `sha256:${digest("image")}`;

function endpoint(container: Container): Json {
  const isUp = container.startedAt !== undefined;
  return {
    IPAMConfig: null,
    Links: null,
    Aliases: null,
    NetworkID: isUp ? networkId : "",
    EndpointID: isUp ? digest(container.id, "endpoint") : "",
    Gateway: isUp ? "172.17.0.1" : "",
    IPAddress: isUp ? "172.17.0.2" : "",
    IPPrefixLen: 16,
    IPv6Gateway: "",
    GlobalIPv6Address: "",
    GlobalIPv6PrefixLen: 0,
    MacAddress: isUp ? "02:42:ac:11:00:02" : "",
    DriverOpts: null,
  };
}

/** An entry of GET /containers/json: about 900 bytes. */
export function listEntry(container: Container): Json {
  const { id, name, labels, createdAt, startedAt } = container;
  return {
    Id: id,
    Names: [`/${name}`],
    Image: "registry.example.com/team/service:1.24.3",
    ImageID: imageId,
    Command: "/docker-entrypoint.sh nginx -g 'daemon off;'",
    Created: Math.floor(createdAt.getTime() / 1000),
    Ports: [{ PrivatePort: 80, Type: "tcp" }],
    Labels: labels,
    State: startedAt ? "running" : "created",
    Status: startedAt ? "Up 3 minutes" : "Created",
    HostConfig: { NetworkMode: "default" },
    NetworkSettings: { Networks: { bridge: endpoint(container) } },
    Mounts: [],
  };
}

const masked = [
  "/proc/asound",
  "/proc/acpi",
  "/proc/kcore",
  "/proc/keys",
  "/proc/latency_stats",
  "/proc/timer_list",
  "/proc/timer_stats",
  "/proc/sched_debug",
  "/proc/scsi",
  "/sys/firmware",
];

/** The answer of GET /containers/ID/json: at least 4 KiB. */
export function inspectBody(container: Container): Json {
  const { id, name, labels, memory, createdAt, startedAt } = container;
  const dir = `/var/lib/docker/containers/${id}`;
  const layers = Array.from({ length: 4 }, (_, at) => `/var/lib/docker/overlay2/${digest(id, at)}/diff`);
  return {
    Id: id,
    Created: createdAt.toISOString(),
    Path: "/docker-entrypoint.sh",
    Args: ["nginx", "-g", "daemon off;"],
    State: {
      Status: startedAt ? "running" : "created",
      Running: startedAt !== undefined,
      Paused: false,
      Restarting: false,
      OOMKilled: false,
      Dead: false,
      Pid: startedAt ? 4321 : 0,
      ExitCode: 0,
      Error: "",
      StartedAt: startedAt?.toISOString() ?? "0001-01-01T00:00:00Z",
      FinishedAt: "0001-01-01T00:00:00Z",
    },
    Image: imageId,
    ResolvConfPath: `${dir}/resolv.conf`,
    HostnamePath: `${dir}/hostname`,
    HostsPath: `${dir}/hosts`,
    LogPath: `${dir}/${id}-json.log`,
    Name: `/${name}`,
    RestartCount: 0,
    Driver: "overlay2",
    Platform: "linux",
    MountLabel: "",
    ProcessLabel: "",
    AppArmorProfile: "docker-default",
    ExecIDs: null,
    HostConfig: hostConfig(memory),
    GraphDriver: {
      Data: {
        LowerDir: layers.join(":"),
        MergedDir: `/var/lib/docker/overlay2/${digest(id)}/merged`,
        UpperDir: `/var/lib/docker/overlay2/${digest(id)}/diff`,
        WorkDir: `/var/lib/docker/overlay2/${digest(id)}/work`,
      },
      Name: "overlay2",
    },
    Mounts: [],
    Config: {
      Hostname: id.slice(0, 12),
      Domainname: "",
      User: "",
      AttachStdin: false,
      AttachStdout: false,
      AttachStderr: false,
      ExposedPorts: { "80/tcp": {} },
      Tty: false,
      OpenStdin: false,
      StdinOnce: false,
      Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "NGINX_VERSION=1.24.3"],
      Cmd: ["nginx", "-g", "daemon off;"],
      Image: "registry.example.com/team/service:1.24.3",
      Volumes: null,
      WorkingDir: "",
      Entrypoint: ["/docker-entrypoint.sh"],
      OnBuild: null,
      Labels: labels,
      StopSignal: "SIGQUIT",
    },
    NetworkSettings: {
      Bridge: "",
      SandboxID: digest(id, "sandbox"),
      HairpinMode: false,
      LinkLocalIPv6Address: "",
      LinkLocalIPv6PrefixLen: 0,
      Ports: startedAt ? { "80/tcp": null } : {},
      SandboxKey: `/var/run/docker/netns/${id.slice(0, 12)}`,
      Networks: { bridge: endpoint(container) },
    },
  };
}

function hostConfig(memory: number): Json {
  return {
    Binds: null,
    ContainerIDFile: "",
    LogConfig: { Type: "json-file", Config: {} },
    NetworkMode: "default",
    PortBindings: {},
    RestartPolicy: { Name: "no", MaximumRetryCount: 0 },
    AutoRemove: false,
    VolumeDriver: "",
    VolumesFrom: null,
    CapAdd: null,
    CapDrop: null,
    CgroupnsMode: "host",
    Dns: [],
    DnsOptions: [],
    DnsSearch: [],
    ExtraHosts: null,
    GroupAdd: null,
    IpcMode: "private",
    Cgroup: "",
    Links: null,
    OomScoreAdj: 0,
    PidMode: "",
    Privileged: false,
    PublishAllPorts: false,
    ReadonlyRootfs: false,
    SecurityOpt: null,
    UTSMode: "",
    UsernsMode: "",
    ShmSize: 67_108_864,
    Runtime: "runc",
    ConsoleSize: [0, 0],
    Isolation: "",
    CpuShares: 0,
    Memory: memory,
    NanoCpus: 0,
    CgroupParent: "",
    BlkioWeight: 0,
    CpuPeriod: 0,
    CpuQuota: 0,
    CpusetCpus: "",
    CpusetMems: "",
    Devices: [],
    DeviceCgroupRules: null,
    MemoryReservation: 0,
    MemorySwap: memory * 2,
    MemorySwappiness: null,
    OomKillDisable: false,
    PidsLimit: null,
    Ulimits: null,
    MaskedPaths: masked,
    ReadonlyPaths: ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
  };
}

export const image = {
  Containers: -1,
  Created: 1_700_000_000,
  Id: imageId,
  Labels: null,
  ParentId: "",
  RepoDigests: [],
  RepoTags: ["registry.example.com/team/service:1.24.3", "busybox:latest"],
  SharedSize: -1,
  Size: 142_000_000,
  VirtualSize: 142_000_000,
} as const;

export const network = {
  Name: "bridge",
  Id: networkId,
  Created: "2026-11-20T02:19:14.33075815Z",
  Scope: "local",
  Driver: "bridge",
  EnableIPv6: false,
  IPAM: { Driver: "default", Options: null, Config: [{ Subnet: "172.17.0.0/16" }] },
  Internal: false,
  Attachable: false,
  Ingress: false,
  ConfigFrom: { Network: "" },
  ConfigOnly: false,
  Containers: {},
  Options: { "com.docker.network.bridge.default_bridge": "true" },
  Labels: {},
} as const;
