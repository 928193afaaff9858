import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../../src/kit/clock.ts";
import { silentLog } from "../../../src/kit/log.ts";
import { openStore } from "../../../src/store/file-store.ts";
import type { Store } from "../../../src/store/store.ts";
import { sampleRecord } from "../../support/sample-record.ts";
import { tempDir } from "../../support/temp-dir.ts";

let directory: Awaited<ReturnType<typeof tempDir>>;
let root: string;
let store: Store;

beforeEach(async () => {
  directory = await tempDir();
  root = directory.path;
  store = openStore(root, { clock: systemClock, log: silentLog });
});
afterEach(() => directory[Symbol.asyncDispose]());

const file = (name: string) => join(root, "machines", "old", name);

async function write(record: unknown): Promise<string> {
  const text = typeof record === "string" ? record : JSON.stringify(record);
  await mkdir(file(""), { recursive: true });
  await writeFile(file("config.json"), text);
  return text;
}

const certs = (name: string) => join(root, "certs", name);

/** As 0.1 wrote it: paths and Swarm settings at the top level. */
const version0 = () => ({
  DriverName: "virtualbox",
  CaCertPath: certs("ca.pem"),
  PrivateKeyPath: certs("ca-key.pem"),
  ServerCertPath: file("server.pem"),
  ServerKeyPath: file("server-key.pem"),
  ClientCertPath: certs("cert.pem"),
  ClientKeyPath: certs("key.pem"),
  StorePath: join(root, "machines", "old"),
  SwarmMaster: true,
  SwarmHost: "tcp://0.0.0.0:3376",
  SwarmDiscovery: "token://abc",
  HostOptions: { EngineOptions: { Labels: ["ignored=yes"] } },
  Driver: { MachineName: "old", StorePath: join(root, "machines", "old"), CPU: 2, Serial: 0 },
});

/** As 0.2 to 0.4 wrote it. */
const version1 = () => ({
  ConfigVersion: 1,
  DriverName: "virtualbox",
  StorePath: join(root, "machines", "old"),
  Driver: { MachineName: "old", StorePath: join(root, "machines", "old"), CPU: 2 },
  HostOptions: {
    Memory: 0,
    EngineOptions: { Labels: ["a=b"], TlsVerify: true },
    SwarmOptions: { Master: true, Discovery: "token://abc" },
    AuthOptions: {
      StorePath: join(root, "machines", "old"),
      CaCertPath: certs("ca.pem"),
      PrivateKeyPath: certs("ca-key.pem"),
      ServerCertPath: file("server.pem"),
      ClientCertPath: certs("cert.pem"),
    },
  },
});

describe("a record of version 0", () => {
  it("becomes one of version 3, with its Swarm part and its paths", async () => {
    await write(version0());
    const record = await store.get("old");
    expect(record).toMatchObject({ ConfigVersion: 3, DriverName: "virtualbox", Name: "old" });
    expect(record.Driver).toMatchObject({ MachineName: "old", StorePath: root, CPU: 2 });
    const { AuthOptions, EngineOptions, SwarmOptions } = record.HostOptions;
    expect(SwarmOptions).toMatchObject({
      Master: true,
      Host: "tcp://0.0.0.0:3376",
      Discovery: "token://abc",
    });
    expect(EngineOptions).toMatchObject({
      TlsVerify: true,
      Labels: [],
      InstallURL: "https://get.docker.com",
    });
    expect(AuthOptions).toMatchObject({
      CertDir: join(root, "certs"),
      CaCertPath: certs("ca.pem"),
      CaPrivateKeyPath: certs("ca-key.pem"),
      ServerCertPath: file("server.pem"),
      StorePath: join(root, "machines", "old"),
    });
  });

  it("is kept as it was beside the new one, and migrated once", async () => {
    const text = await write(version0());
    await store.get("old");
    expect(await readFile(file("config.json.bak"), "utf8")).toBe(text);
    const migrated = await readFile(file("config.json"), "utf8");
    expect(JSON.parse(migrated)).toMatchObject({ ConfigVersion: 3 });
    expect(migrated).not.toContain('PrivateKeyPath": ""');
    await store.get("old");
    expect(await readFile(file("config.json.bak"), "utf8")).toBe(text);
    expect(await readFile(file("config.json"), "utf8")).toBe(migrated);
  });
});

describe("a record of version 1", () => {
  it("has its CA key renamed and its root found", async () => {
    await write(version1());
    const record = await store.get("old");
    expect(record.Driver.StorePath).toBe(root);
    expect(record.HostOptions.EngineOptions.Labels).toEqual(["a=b"]);
    expect(record.HostOptions.AuthOptions).toMatchObject({
      CaPrivateKeyPath: certs("ca-key.pem"),
      CertDir: join(root, "certs"),
      StorePath: join(root, "machines", "old"),
      ServerKeyPath: file("server-key.pem"),
    });
    const saved = await readFile(file("config.json"), "utf8");
    expect(saved).not.toContain('"PrivateKeyPath"');
  });

  it("keeps keys that nobody knows, and none that moved", async () => {
    const old = version1();
    await write(
      JSON.stringify({ ...old, Foreign: { big: 0 }, StorePath: old.StorePath }).replace(
        '"big":0',
        '"big":1e400',
      ),
    );
    await store.get("old");
    const saved = await readFile(file("config.json"), "utf8");
    expect(saved).toContain('"big": 1e400');
    expect(Object.keys(JSON.parse(saved)).sort()).toEqual([
      "ConfigVersion",
      "Driver",
      "DriverName",
      "Foreign",
      "HostOptions",
      "Name",
    ]);
    expect(saved).not.toContain('"PrivateKeyPath"');
  });

  it("keeps the numbers of its driver", async () => {
    await write(JSON.stringify(version1()).replace('"CPU":2', '"CPU":2,"Id":12345678901234567890'));
    await store.get("old");
    expect(await readFile(file("config.json"), "utf8")).toContain('"Id": 12345678901234567890');
  });

  it("follows its store to another place", async () => {
    await write(JSON.stringify(version1()).replaceAll(root, "/gone/.docker/machine"));
    const record = await store.get("old");
    expect(JSON.stringify(record)).not.toContain("/gone/");
    expect(record.HostOptions.AuthOptions.CaCertPath).toBe(certs("ca.pem"));
  });
});

describe("a record of version 2", () => {
  it("has the driver's path turned from the machine's directory to the root", async () => {
    const record = sampleRecord(root, "old");
    const driver = { ...record.Driver, StorePath: join(root, "machines", "old") };
    await write({ ...record, ConfigVersion: 2, Driver: driver });
    expect(await store.get("old")).toEqual(record);
  });
});

describe("an old record that is bad", () => {
  it.each([
    "{}",
    '{"Driver":7}',
    '{"ConfigVersion":1,"StorePath":7}',
    '{"ConfigVersion":2,"HostOptions":[]}',
  ])("%s gives an error and stays as it is", async (text) => {
    await write(text);
    expect((await store.load("old")).error?.code).toBe("RECORD_INVALID");
    expect(await readFile(file("config.json"), "utf8")).toBe(text);
  });

  it("from the future is not touched", async () => {
    const text = await write('{"ConfigVersion":99}');
    expect((await store.load("old")).error?.code).toBe("RECORD_FROM_FUTURE");
    expect(await readFile(file("config.json"), "utf8")).toBe(text);
  });
});

describe("many processes at once", () => {
  it("migrate a record to the same result", async () => {
    const text = await write(version0());
    const stores = Array.from({ length: 5 }, () => openStore(root, { clock: systemClock, log: silentLog }));
    const loaded = await Promise.all(stores.map((one) => one.get("old")));
    expect(new Set(loaded.map((record) => JSON.stringify(record))).size).toBe(1);
    expect(await readFile(file("config.json.bak"), "utf8")).toBe(text);
  });
});
