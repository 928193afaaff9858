import type { Member } from "../../src/cluster/membership.ts";
import type { HostRecord, SwarmOptions } from "../../src/store/record.ts";

/** A record as `create` would write it, for tests of clusters. */
export function member(name: string, swarm: Partial<SwarmOptions>, clusterName = ""): Member {
  return { record: recordOf(name, swarm), clusterName };
}

function recordOf(name: string, swarm: Partial<SwarmOptions>): HostRecord {
  return {
    ConfigVersion: 3,
    Name: name,
    DriverName: "fake",
    Driver: {
      MachineName: name,
      StorePath: "/store",
      IPAddress: "192.0.2.1",
      SSHUser: "docker",
      SSHPort: 22,
      SSHKeyPath: "",
      SwarmMaster: swarm.Master === true,
      SwarmHost: "",
      SwarmDiscovery: swarm.Discovery ?? "",
    },
    HostOptions: {
      Driver: "",
      Memory: 0,
      Disk: 0,
      EngineOptions: {
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
        InstallURL: "",
      },
      SwarmOptions: {
        IsSwarm: swarm.Master === true || swarm.Agent === true,
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
        ...swarm,
      },
      AuthOptions: {
        CertDir: "",
        CaCertPath: "",
        CaPrivateKeyPath: "",
        CaCertRemotePath: "",
        ServerCertPath: "",
        ServerKeyPath: "",
        ClientKeyPath: "",
        ServerCertRemotePath: "",
        ServerKeyRemotePath: "",
        ClientCertPath: "",
        ServerCertSANs: [],
        StorePath: "",
      },
    },
  };
}
