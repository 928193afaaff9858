import { AppError, messageOf } from "../kit/errors.ts";
import { Fields, isJsonObject, type JsonObject, recordInvalid } from "./fields.ts";
import { parseJsonTree, plainOf } from "./json-tree.ts";
import type {
  AuthOptions,
  EngineOptions,
  HostOptions,
  HostRecord,
  StoredDriver,
  SwarmOptions,
} from "./record.ts";

/** The version of config.json that we write. */
export const currentVersion = 3;

/** A record that a later program wrote; reading it by our rules could lose what it means. */
const recordFromFuture = (version: number) =>
  new AppError(
    "RECORD_FROM_FUTURE",
    `config.json has version ${version}, this program knows versions up to ${currentVersion}`,
    { hint: "use the newer program that made the machine" },
  );

/** Parses the text of config.json into an object, with Go's rule for keys that differ by case alone. */
export function parseObject(text: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
    // several spellings of one key: the last in the text wins, an order that JSON.parse does not keep
    if (hasCaseVariants(value)) value = plainOf(parseJsonTree(text));
  } catch (error) {
    if (!(error instanceof SyntaxError) && !(error instanceof RangeError)) throw error;
    const what =
      text.trim() === "" ? "config.json is empty" : `config.json is not valid JSON: ${messageOf(error)}`;
    throw recordInvalid(what, error);
  }
  if (!isJsonObject(value)) throw recordInvalid("config.json does not hold an object");
  return value;
}

function hasCaseVariants(value: unknown, depth = 0): boolean {
  if (!isJsonObject(value) || depth > 3) return false;
  const keys = Object.keys(value);
  if (new Set(keys.map((key) => key.toLowerCase())).size < keys.length) return true;
  return Object.values(value).some((item) => hasCaseVariants(item, depth + 1));
}

/** The ConfigVersion of a parsed config.json; 0 where there is none. */
export function versionOf(object: JsonObject): number {
  const version = new Fields(object, "").number("ConfigVersion");
  if (!Number.isInteger(version) || version < 0)
    throw recordInvalid(`ConfigVersion ${version} is not a version`);
  if (version > currentVersion) throw recordFromFuture(version);
  return version;
}

/**
 * Checks a parsed config.json of the current version.
 * @param name the directory's name, which wins over the `Name` in the file
 */
export function parseRecord(object: JsonObject, name: string): HostRecord {
  const top = new Fields(object, "");
  return {
    ConfigVersion: currentVersion,
    Driver: parseDriver(top.get("Driver"), name),
    DriverName: top.string("DriverName"),
    HostOptions: parseHostOptions(top.object("HostOptions")),
    Name: name,
  };
}

function parseDriver(value: unknown, name: string): StoredDriver {
  if (!isJsonObject(value)) throw recordInvalid("Driver in config.json is not an object");
  const fields = new Fields(value, "Driver");
  const base = {
    IPAddress: fields.string("IPAddress"),
    MachineName: fields.string("MachineName") || name,
    SSHUser: fields.string("SSHUser"),
    SSHPort: fields.number("SSHPort"),
    SSHKeyPath: fields.string("SSHKeyPath"),
    StorePath: fields.string("StorePath"),
    SwarmMaster: fields.boolean("SwarmMaster"),
    SwarmHost: fields.string("SwarmHost"),
    SwarmDiscovery: fields.string("SwarmDiscovery"),
  };
  const known = new Set(Object.keys(base).map((key) => key.toLowerCase()));
  const own = Object.entries(value).filter(([key]) => !known.has(key.toLowerCase()));
  return { ...base, ...Object.fromEntries(own) };
}

function parseHostOptions(fields: Fields): HostOptions {
  return {
    Driver: fields.string("Driver"),
    Memory: fields.number("Memory"),
    Disk: fields.number("Disk"),
    EngineOptions: parseEngineOptions(fields.object("EngineOptions")),
    SwarmOptions: parseSwarmOptions(fields.object("SwarmOptions")),
    AuthOptions: parseAuthOptions(fields.object("AuthOptions")),
  };
}

function parseEngineOptions(fields: Fields): EngineOptions {
  return {
    ArbitraryFlags: fields.list("ArbitraryFlags"),
    Dns: fields.list("Dns"),
    GraphDir: fields.string("GraphDir"),
    Env: fields.list("Env"),
    Ipv6: fields.boolean("Ipv6"),
    InsecureRegistry: fields.list("InsecureRegistry"),
    Labels: fields.list("Labels"),
    LogLevel: fields.string("LogLevel"),
    StorageDriver: fields.string("StorageDriver"),
    SelinuxEnabled: fields.boolean("SelinuxEnabled"),
    TlsVerify: fields.boolean("TlsVerify"),
    RegistryMirror: fields.list("RegistryMirror"),
    InstallURL: fields.string("InstallURL"),
  };
}

function parseSwarmOptions(fields: Fields): SwarmOptions {
  return {
    IsSwarm: fields.boolean("IsSwarm"),
    Address: fields.string("Address"),
    Discovery: fields.string("Discovery"),
    Agent: fields.boolean("Agent"),
    Master: fields.boolean("Master"),
    Host: fields.string("Host"),
    Image: fields.string("Image"),
    Strategy: fields.string("Strategy"),
    Heartbeat: fields.number("Heartbeat"),
    Overcommit: fields.number("Overcommit"),
    ArbitraryFlags: fields.list("ArbitraryFlags"),
    ArbitraryJoinFlags: fields.list("ArbitraryJoinFlags"),
    Env: fields.list("Env"),
    IsExperimental: fields.boolean("IsExperimental"),
  };
}

function parseAuthOptions(fields: Fields): AuthOptions {
  return {
    CertDir: fields.string("CertDir"),
    CaCertPath: fields.string("CaCertPath"),
    CaPrivateKeyPath: fields.string("CaPrivateKeyPath"),
    CaCertRemotePath: fields.string("CaCertRemotePath"),
    ServerCertPath: fields.string("ServerCertPath"),
    ServerKeyPath: fields.string("ServerKeyPath"),
    ClientKeyPath: fields.string("ClientKeyPath"),
    ServerCertRemotePath: fields.string("ServerCertRemotePath"),
    ServerKeyRemotePath: fields.string("ServerKeyRemotePath"),
    ClientCertPath: fields.string("ClientCertPath"),
    ServerCertSANs: fields.list("ServerCertSANs"),
    StorePath: fields.string("StorePath"),
  };
}
