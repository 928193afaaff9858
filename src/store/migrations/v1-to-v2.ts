import { dirname, join } from "node:path";
import { Fields, isJsonObject, type JsonObject } from "../fields.ts";

/**
 * 0.2 to 0.4: the CA key's path was called PrivateKeyPath, and the record's own StorePath stood at the top level.
 * Source: docs/compat.md, "Stores of older versions".
 */
export function migrate(old: JsonObject): JsonObject {
  const top = new Fields(old, "");
  const host = top.get("HostOptions");
  const auth = new Fields(top.object("HostOptions").get("AuthOptions"), "HostOptions.AuthOptions");
  const machineDir = top.string("StorePath");
  const root = machineDir === "" ? "" : dirname(dirname(machineDir));
  return {
    ConfigVersion: 2,
    Driver: top.get("Driver"),
    DriverName: top.string("DriverName"),
    HostOptions: {
      ...(isJsonObject(host) ? host : {}),
      AuthOptions: {
        CertDir: root === "" ? "" : join(root, "certs"),
        CaCertPath: auth.string("CaCertPath"),
        CaPrivateKeyPath: auth.string("PrivateKeyPath") || auth.string("CaPrivateKeyPath"),
        CaCertRemotePath: auth.string("CaCertRemotePath"),
        ServerCertPath: auth.string("ServerCertPath"),
        ServerKeyPath: auth.string("ServerKeyPath"),
        ClientKeyPath: auth.string("ClientKeyPath"),
        ServerCertRemotePath: auth.string("ServerCertRemotePath"),
        ServerKeyRemotePath: auth.string("ServerKeyRemotePath"),
        ClientCertPath: auth.string("ClientCertPath"),
        ServerCertSANs: null,
        StorePath: machineDir,
      },
    },
  };
}
