import type { DockerConfig } from "./config.ts";
import { label } from "./labels.ts";

/** Ports that a client of a machine needs: sshd, the engine, the Swarm manager. */
const clientPorts = [22, 2376, 3376] as const;

/**
 * What an engine inside a container needs, and no more: SYS_RESOURCE is not among them, since hosts that lack it could not
 * give it. Source: capabilities(7), and runc's default set, which inner containers get in their turn.
 */
const capabilities = (
  "CHOWN DAC_OVERRIDE FOWNER FSETID KILL SETGID SETUID SETPCAP SETFCAP MKNOD AUDIT_WRITE NET_BIND_SERVICE NET_RAW NET_ADMIN " +
  "NET_BROADCAST SYS_CHROOT SYS_ADMIN SYS_PTRACE SYS_NICE SYS_MODULE SYS_BOOT SYS_TTY_CONFIG IPC_LOCK IPC_OWNER DAC_READ_SEARCH LINUX_IMMUTABLE " +
  "LEASE SYSLOG MAC_ADMIN MAC_OVERRIDE SYS_PACCT"
).split(" ");

export interface ContainerPlan {
  readonly config: DockerConfig;
  readonly image: string;
  readonly authorizedKey: string;
  readonly volumes: Readonly<Record<string, string>>;
  /** Address on the host where the ports are published; undefined: they are not. */
  readonly publishOn: string | undefined;
  readonly cgroupVersion: string;
}

/** Body of POST /containers/create for a machine. Source: Docker Engine API, ContainerCreate. */
export function containerBody(plan: ContainerPlan): Record<string, unknown> {
  const { config, publishOn } = plan;
  const ports = clientPorts.map((port) => `${port}/tcp`);
  return {
    Image: plan.image,
    Hostname: config.MachineName,
    Env: [`B2D_AUTHORIZED_KEY=${plan.authorizedKey}`],
    Labels: {
      [label.owner]: "machine",
      [label.name]: config.MachineName,
      [label.store]: config.StorePath,
      [label.network]: config.Network,
    },
    ExposedPorts: Object.fromEntries(ports.map((port) => [port, {}])),
    HostConfig: {
      CapDrop: ["ALL"],
      CapAdd: capabilities,
      SecurityOpt: ["seccomp=unconfined", "apparmor=unconfined", "label=disable"],
      MaskedPaths: [],
      ReadonlyPaths: [],
      DeviceCgroupRules: ["a *:* rwm"],
      Tmpfs: { "/run": "exec" },
      Mounts: Object.entries(plan.volumes).map(([target, source]) => ({
        Type: "volume",
        Source: source,
        Target: target,
      })),
      NetworkMode: config.Network,
      ...(plan.cgroupVersion === "2" ? { CgroupnsMode: "private" } : {}),
      ...(config.CPU > 0 ? { NanoCpus: config.CPU * 1e9 } : {}),
      ...(config.Memory > 0 ? { Memory: config.Memory * 1024 * 1024 } : {}),
      ...(publishOn === undefined
        ? {}
        : {
            PortBindings: Object.fromEntries(
              ports.map((port) => [port, [{ HostIp: publishOn, HostPort: "" }]]),
            ),
          }),
    },
    NetworkingConfig: {
      EndpointsConfig: { [config.Network]: { IPAMConfig: { IPv4Address: config.IPAddress } } },
    },
  };
}
