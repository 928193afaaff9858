import { Fields, type JsonObject } from "../fields.ts";

/**
 * docker-machine 0.1 kept paths and Swarm settings at the top level; `HostOptions` is rebuilt from them.
 * Source: docs/compat.md, "Stores of older versions".
 */
export function migrate(old: JsonObject): JsonObject {
  const top = new Fields(old, "");
  return {
    ConfigVersion: 1,
    Driver: top.get("Driver"),
    DriverName: top.string("DriverName"),
    HostOptions: {
      Driver: "",
      Memory: 0,
      Disk: 0,
      EngineOptions: { TlsVerify: true, InstallURL: "https://get.docker.com" },
      SwarmOptions: {
        Host: top.string("SwarmHost"),
        Master: top.boolean("SwarmMaster"),
        Discovery: top.string("SwarmDiscovery"),
      },
      AuthOptions: {
        StorePath: top.string("StorePath"),
        CaCertPath: top.string("CaCertPath"),
        PrivateKeyPath: top.string("PrivateKeyPath"),
        ServerCertPath: top.string("ServerCertPath"),
        ServerKeyPath: top.string("ServerKeyPath"),
        ClientKeyPath: top.string("ClientKeyPath"),
        ClientCertPath: top.string("ClientCertPath"),
      },
    },
    StorePath: top.string("StorePath"),
  };
}
