/** The `Driver` object of config.json: the keys that all drivers share, then the driver's own. */
export interface StoredDriver {
  MachineName: string;
  /** The store's root. */
  StorePath: string;
  IPAddress: string;
  SSHUser: string;
  SSHPort: number;
  SSHKeyPath: string;
  SwarmMaster: boolean;
  SwarmHost: string;
  SwarmDiscovery: string;
  [key: string]: unknown;
}

/** `HostOptions.EngineOptions`; what the user asked of the engine. */
export interface EngineOptions {
  ArbitraryFlags: readonly string[];
  Dns: readonly string[];
  GraphDir: string;
  Env: readonly string[];
  Ipv6: boolean;
  InsecureRegistry: readonly string[];
  Labels: readonly string[];
  LogLevel: string;
  StorageDriver: string;
  SelinuxEnabled: boolean;
  TlsVerify: boolean;
  RegistryMirror: readonly string[];
  InstallURL: string;
}

/** `HostOptions.SwarmOptions`; the machine's part in a Swarm. */
export interface SwarmOptions {
  IsSwarm: boolean;
  Address: string;
  Discovery: string;
  Agent: boolean;
  Master: boolean;
  Host: string;
  Image: string;
  Strategy: string;
  Heartbeat: number;
  Overcommit: number;
  ArbitraryFlags: readonly string[];
  ArbitraryJoinFlags: readonly string[];
  Env: readonly string[];
  IsExperimental: boolean;
}

/** `HostOptions.AuthOptions`; absolute paths of keys and certificates. */
export interface AuthOptions {
  CertDir: string;
  CaCertPath: string;
  CaPrivateKeyPath: string;
  CaCertRemotePath: string;
  ServerCertPath: string;
  ServerKeyPath: string;
  ClientKeyPath: string;
  ServerCertRemotePath: string;
  ServerKeyRemotePath: string;
  ClientCertPath: string;
  ServerCertSANs: readonly string[];
  /** The machine's directory: DOCKER_CERT_PATH. */
  StorePath: string;
}

export interface HostOptions {
  Driver: string;
  Memory: number;
  Disk: number;
  EngineOptions: EngineOptions;
  SwarmOptions: SwarmOptions;
  AuthOptions: AuthOptions;
}

/**
 * One machine as config.json (ConfigVersion 3) holds it, every known key present, lists never null.
 * Keys of others at any level but in `Driver` are not here; `Store.save` keeps them in the file.
 */
export interface HostRecord {
  ConfigVersion: 3;
  Driver: StoredDriver;
  DriverName: string;
  HostOptions: HostOptions;
  Name: string;
}
