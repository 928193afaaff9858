import { arch, hostname, release } from "node:os";
import type { ClusterNode } from "../cluster/cluster.ts";
import type { Json } from "../scheduler/model.ts";
import { versionText } from "./api.ts";
import type { Manager } from "./manager-state.ts";
import { inNaturalOrder } from "./nodes-order.ts";

/** The body of GET /info. Source: docs/swarm-api.md, "info". */
export function infoBody(manager: Manager, env: Readonly<Record<string, string | undefined>>): Json {
  const { cluster } = manager;
  const nodes = inNaturalOrder(cluster.nodes());
  const sum = { all: 0, running: 0, paused: 0, stopped: 0, images: 0, cpus: 0, memoryBytes: 0 };
  for (const { containerCounts: counts, imageCount, totalCpus, totalMemoryBytes } of nodes) {
    sum.all += counts.all;
    sum.running += counts.running;
    sum.paused += counts.paused;
    sum.stopped += counts.stopped;
    sum.images += imageCount;
    sum.cpus += totalCpus;
    sum.memoryBytes += totalMemoryBytes;
  }
  return {
    ID: "",
    Containers: sum.all,
    ContainersRunning: sum.running,
    ContainersPaused: sum.paused,
    ContainersStopped: sum.stopped,
    Images: sum.images,
    Driver: "",
    DriverStatus: null,
    SystemStatus: systemStatus(manager, nodes),
    Plugins: { Volume: null, Network: null, Authorization: null, Log: null },
    MemoryLimit: true,
    SwapLimit: true,
    KernelMemory: true,
    KernelMemoryTCP: false,
    CpuCfsPeriod: true,
    CpuCfsQuota: true,
    CPUShares: true,
    CPUSet: true,
    PidsLimit: true,
    IPv4Forwarding: true,
    BridgeNfIptables: true,
    BridgeNfIp6tables: true,
    Debug: false,
    NFd: 0,
    OomKillDisable: true,
    NGoroutines: 0,
    SystemTime: localTime(manager.clock.now()),
    LoggingDriver: "",
    CgroupDriver: "",
    NEventsListener: manager.events.listenerCount,
    KernelVersion: release(),
    OperatingSystem: "linux",
    OSVersion: "",
    OSType: "linux",
    Architecture: goArch(),
    IndexServerAddress: "",
    RegistryConfig: null,
    NCPU: sum.cpus,
    MemTotal: sum.memoryBytes,
    GenericResources: null,
    DockerRootDir: "",
    HttpProxy: env["http_proxy"] ?? env["HTTP_PROXY"] ?? "",
    HttpsProxy: env["https_proxy"] ?? env["HTTPS_PROXY"] ?? "",
    NoProxy: env["no_proxy"] ?? env["NO_PROXY"] ?? "",
    Name: hostname(),
    Labels: null,
    ExperimentalBuild: manager.isExperimental,
    ServerVersion: versionText,
    Runtimes: null,
    DefaultRuntime: "",
    Swarm: {
      NodeID: "",
      NodeAddr: "",
      LocalNodeState: "inactive",
      ControlAvailable: false,
      Error: "",
      RemoteManagers: null,
    },
    LiveRestoreEnabled: false,
    Isolation: "",
    InitBinary: "",
    ContainerdCommit: { ID: "", Expected: "" },
    RuncCommit: { ID: "", Expected: "" },
    InitCommit: { ID: "", Expected: "" },
    SecurityOptions: null,
    Warnings: null,
  };
}

/** The pairs that `docker info` prints and that scripts read; their form is that of Swarm 1.2.9. */
function systemStatus(manager: Manager, nodes: readonly ClusterNode[]): [string, string][] {
  const { cluster, leadership } = manager;
  const isPrimary = manager.isPrimary();
  const pairs: [string, string][] = [["Role", isPrimary ? "primary" : "replica"]];
  if (!isPrimary) pairs.push(["Primary", leadership?.primary() ?? ""]);
  pairs.push(["Strategy", cluster.strategyName]);
  pairs.push(["Filters", cluster.filterNames.join(", ")]);
  pairs.push(["Nodes", String(nodes.length)]);
  for (const node of nodes) pairs.push(...nodeStatus(node));
  return pairs;
}

function nodeStatus(node: ClusterNode): [string, string][] {
  const { all, running, paused, stopped } = node.containerCounts;
  const containers =
    node.status === "Healthy"
      ? `${all} (${running} Running, ${paused} Paused, ${stopped} Stopped)`
      : String(all);
  const memory = `${bytesText(node.usedMemoryBytes)} / ${bytesText(node.totalMemoryBytes)}`;
  const pairs: [string, string][] = [
    [` ${node.name}`, node.addr],
    ["  └ ID", node.id === "" ? `|${node.addr}` : node.id],
    ["  └ Status", node.status],
    ["  └ Containers", containers],
    ["  └ Reserved CPUs", `${node.usedCpus} / ${node.totalCpus}`],
    ["  └ Reserved Memory", memory],
    ["  └ Labels", labelsText(node.labels)],
  ];
  if (node.error !== "") pairs.push(["  └ Error", node.error.replaceAll(/\s*\n\s*/g, " ")]);
  pairs.push(["  └ UpdatedAt", `${new Date(node.updatedAt).toISOString().slice(0, 19)}Z`]);
  pairs.push(["  └ ServerVersion", node.serverVersion]);
  if (node.availability === "drain") pairs.push(["  └ Availability", "drain"]);
  return pairs;
}

const labelTexts = new WeakMap<object, string>();

function labelsText(labels: Readonly<Record<string, string>>): string {
  const known = labelTexts.get(labels);
  if (known !== undefined) return known;
  const text = Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(", ");
  labelTexts.set(labels, text);
  return text;
}

const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;

/** Binary units, four digits: "24.72 GiB". */
export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  const factor = value >= 1000 ? 1 : value >= 100 ? 10 : value >= 10 ? 100 : 1000;
  return `${Math.round(value * factor) / factor} ${units[unit]}`;
}

/** As Go names processors. */
export function goArch(): string {
  const name = arch();
  return name === "x64" ? "amd64" : name === "ia32" ? "386" : name;
}

/** RFC 3339 in the zone of the manager. */
function localTime(now: number): string {
  const offset = -new Date(now).getTimezoneOffset();
  if (offset === 0) return new Date(now).toISOString();
  const sign = offset < 0 ? "-" : "+";
  const two = (value: number) => String(Math.trunc(Math.abs(value))).padStart(2, "0");
  const local = new Date(now + offset * 60_000).toISOString().slice(0, -1);
  return `${local}${sign}${two(offset / 60)}:${two(offset % 60)}`;
}
