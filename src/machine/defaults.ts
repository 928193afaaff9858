import { join } from "node:path";
import type { AuthOptions, EngineOptions, HostOptions, StoredDriver, SwarmOptions } from "../store/record.ts";
import type { Store } from "../store/store.ts";

const engineDefaults: EngineOptions = {
  ArbitraryFlags: [],
  Dns: [],
  GraphDir: "",
  Env: [],
  Ipv6: false,
  InsecureRegistry: [],
  Labels: [],
  LogLevel: "",
  StorageDriver: "",
  SelinuxEnabled: false,
  TlsVerify: true,
  RegistryMirror: [],
  InstallURL: "https://get.docker.com",
};

const swarmDefaults: SwarmOptions = {
  IsSwarm: false,
  Address: "",
  Discovery: "",
  Agent: false,
  Master: false,
  Host: "tcp://0.0.0.0:3376",
  Image: "swarm:latest",
  Strategy: "spread",
  Heartbeat: 0,
  Overcommit: 0,
  ArbitraryFlags: [],
  ArbitraryJoinFlags: [],
  Env: [],
  IsExperimental: false,
};

export interface OptionChoices {
  readonly engine?: Partial<EngineOptions>;
  readonly swarm?: Partial<SwarmOptions>;
  readonly auth?: Partial<AuthOptions>;
}

/** HostOptions of a new machine: what the user chose over docker-machine's defaults. */
export function newHostOptions(store: Store, name: string, choices: OptionChoices): HostOptions {
  const machineDir = store.machineDir(name);
  const swarm = { ...swarmDefaults, ...choices.swarm };
  return {
    Driver: "",
    Memory: 0,
    Disk: 0,
    EngineOptions: { ...engineDefaults, ...choices.engine },
    SwarmOptions: { ...swarm, IsSwarm: swarm.IsSwarm || swarm.Agent || swarm.Master },
    AuthOptions: {
      CertDir: store.certsDir,
      CaCertPath: join(store.certsDir, "ca.pem"),
      CaPrivateKeyPath: join(store.certsDir, "ca-key.pem"),
      CaCertRemotePath: "",
      ServerCertPath: join(machineDir, "server.pem"),
      ServerKeyPath: join(machineDir, "server-key.pem"),
      ClientKeyPath: join(store.certsDir, "key.pem"),
      ServerCertRemotePath: "",
      ServerKeyRemotePath: "",
      ClientCertPath: join(store.certsDir, "cert.pem"),
      ServerCertSANs: [],
      StorePath: machineDir,
      ...choices.auth,
    },
  };
}

/** The keys of a new machine's Driver object that all drivers share; each driver sets user, port and key itself. */
export function newDriverConfig(store: Store, name: string, swarm: SwarmOptions): StoredDriver {
  return {
    IPAddress: "",
    MachineName: name,
    SSHUser: "root",
    SSHPort: 22,
    SSHKeyPath: join(store.machineDir(name), "id_rsa"),
    StorePath: store.root,
    SwarmMaster: swarm.Master,
    SwarmHost: swarm.Host,
    SwarmDiscovery: swarm.Discovery,
  };
}
