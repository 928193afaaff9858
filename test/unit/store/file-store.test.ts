import { chmod, mkdir, readdir, readFile, rename, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../../src/kit/clock.ts";
import { silentLog } from "../../../src/kit/log.ts";
import { openStore } from "../../../src/store/file-store.ts";
import type { Journal } from "../../../src/store/journal.ts";
import type { Store } from "../../../src/store/store.ts";
import { deferred } from "../../support/deferred.ts";
import { sampleRecord } from "../../support/sample-record.ts";
import { tempDir } from "../../support/temp-dir.ts";

fc.configureGlobal({ seed: 20261128 });

const journal: Journal = {
  version: 1,
  step: "host",
  done: ["reserve"],
  resources: [{ kind: "vm", id: "node-1" }],
  fingerprint: "abc",
  startedAt: 1,
};

let directory: Awaited<ReturnType<typeof tempDir>>;
let root: string;
let store: Store;

beforeEach(async () => {
  directory = await tempDir();
  root = join(directory.path, "store");
  store = openStore(root, { clock: systemClock, log: silentLog });
});
afterEach(() => directory[Symbol.asyncDispose]());

const configPath = (name: string) => join(root, "machines", name, "config.json");
const mode = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);

async function writeConfig(name: string, text: string): Promise<void> {
  await mkdir(join(root, "machines", name), { recursive: true });
  await writeFile(configPath(name), text);
}

describe("a new machine in the store", () => {
  it("has a directory, record and journal with narrow modes", async () => {
    await store.reserve(sampleRecord(root), journal);
    expect(await mode(root)).toBe("700");
    expect(await mode(join(root, "machines"))).toBe("700");
    expect(await mode(store.machineDir("node-1"))).toBe("700");
    expect(await mode(configPath("node-1"))).toBe("600");
    expect(await store.readJournal("node-1")).toEqual(journal);
    expect(await store.get("node-1")).toEqual(sampleRecord(root));
  });

  it("is written in docker-machine's form", async () => {
    await store.reserve(sampleRecord(root), journal);
    const text = await readFile(configPath("node-1"), "utf8");
    expect(text).toMatch(/^\{\n {4}"ConfigVersion": 3,\n {4}"Driver": \{\n {8}"IPAddress": "192/);
    expect(text).toContain('"ArbitraryFlags": [\n                "log-driver=syslog"\n            ]');
    expect(text.endsWith("}")).toBe(true);
    expect(Object.keys(JSON.parse(text))).toEqual([
      "ConfigVersion",
      "Driver",
      "DriverName",
      "HostOptions",
      "Name",
    ]);
  });

  it("refuses a name that is taken, by a directory or by anything else", async () => {
    await mkdir(join(root, "machines", "a"), { recursive: true });
    await writeFile(join(root, "machines", "b"), "");
    for (const name of ["a", "b"]) {
      await expect(store.reserve(sampleRecord(root, name), journal)).rejects.toMatchObject({
        code: "MACHINE_EXISTS",
      });
    }
  });

  it("goes to one of two who reserve the same name", async () => {
    const results = await Promise.allSettled([1, 2, 3].map(() => store.reserve(sampleRecord(root), journal)));
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  it("waits for another task of its own process without a word", async () => {
    const said: string[] = [];
    const [entered, waits] = [deferred(), deferred()];
    const talking = openStore(root, {
      log: { ...silentLog, info: (text) => said.push(text) },
      clock: {
        ...systemClock,
        delay: (...asked) => {
          waits.resolve();
          return systemClock.delay(...asked);
        },
      },
    });
    const holding = talking.withLock("certs", async () => {
      entered.resolve();
      await waits.promise;
    });
    await entered.promise;
    expect(await talking.withLock("certs", async () => "done")).toBe("done");
    await holding;
    expect(said).toEqual([]);
  });

  it.each(["../x", "a b", "-x", ".x", "", "a/b", "a_b", "é", "a\n", `${"a".repeat(201)}`])(
    "refuses the name %j before anything is made",
    async (name) => {
      await expect(store.reserve(sampleRecord(root, name), journal)).rejects.toMatchObject({
        code: "MACHINE_NAME_INVALID",
      });
      await expect(stat(root)).rejects.toThrow("ENOENT");
    },
  );
});

describe("listing", () => {
  it("gives directories in byte order, without hidden ones, files and links", async () => {
    for (const name of ["m9", "m10", "B", ".hidden", "a"])
      await mkdir(join(root, "machines", name), { recursive: true });
    await writeFile(join(root, "machines", "file"), "");
    await symlink("a", join(root, "machines", "link"));
    expect(await store.names()).toEqual(["B", "a", "m10", "m9"]);
  });

  it("is empty without a store", async () => {
    expect(await store.names()).toEqual([]);
    expect(await store.loadAll()).toEqual([]);
  });

  it("gives the reason for each machine that cannot be loaded, and the others", async () => {
    await store.reserve(sampleRecord(root, "good"), journal);
    await mkdir(join(root, "machines", "empty-dir"), { recursive: true });
    await writeConfig("empty-file", "");
    await writeConfig("cut", '{"ConfigVersion":3,"Dri');
    await writeConfig("future", '{"ConfigVersion":4}');
    await writeConfig("huge", `{"x":"${"y".repeat(10_000_000)}"}`);
    await writeConfig("deep", `{"ConfigVersion":3,"Driver":${"[".repeat(100_000)}${"]".repeat(100_000)}}`);
    await mkdir(configPath("directory"), { recursive: true });
    const loaded = new Map((await store.loadAll()).map((one) => [one.name, one.error?.code]));
    expect(Object.fromEntries(loaded)).toEqual({
      good: undefined,
      "empty-dir": "RECORD_MISSING",
      "empty-file": "RECORD_INVALID",
      cut: "RECORD_INVALID",
      future: "RECORD_FROM_FUTURE",
      huge: "RECORD_INVALID",
      deep: "RECORD_INVALID",
      directory: "RECORD_UNREADABLE",
    });
  });

  it("never throws, whatever the bytes of config.json are", async () => {
    await mkdir(join(root, "machines", "x"), { recursive: true });
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        await writeFile(configPath("x"), bytes);
        expect((await store.load("x")).name).toBe("x");
      }),
      { numRuns: 50 },
    );
  });

  it("says of names that are none that there is no such machine", async () => {
    for (const name of ["nobody", "../store", ".", "..", "", "a/b"]) {
      await expect(store.get(name)).rejects.toMatchObject({ code: "MACHINE_NOT_FOUND" });
    }
  });
});

describe("saving", () => {
  it("keeps foreign keys, numbers and nulls of a record that another program wrote", async () => {
    const text = JSON.stringify(sampleRecord(root), null, 4)
      .replace('"CPU": 1,', '"CPU": 1, "Big": 12345678901234567890, "Half": 1.50,')
      .replace('"Dns": [],', '"Dns": null, "NewEngineKey": {"b": 1, "a": [2.0]},')
      .replace(/}$/, ', "Extra": [1, 2]}');
    await writeConfig("node-1", text);
    await store.save(await store.get("node-1"));
    const saved = await readFile(configPath("node-1"), "utf8");
    expect(saved).toContain('"Big": 12345678901234567890');
    expect(saved).toContain('"Half": 1.50');
    expect(saved).toContain('"Dns": null');
    expect(saved).toContain('"NewEngineKey": {\n                "b": 1,');
    expect(saved).toContain('"Extra": [\n        1,\n        2\n    ]');
    expect(JSON.parse(saved)).toEqual(JSON.parse(text));
  });

  it("leaves the object of an unknown driver as it was", async () => {
    const record = sampleRecord(root);
    const driver = { MachineName: "node-1", AccessKey: "k", Nested: { "9": 1, "1": 2 }, Port: 7e1 };
    await writeConfig("node-1", JSON.stringify({ ...record, DriverName: "amazonec2", Driver: driver }));
    await store.save(await store.get("node-1"));
    const saved: unknown = JSON.parse(await readFile(configPath("node-1"), "utf8"));
    expect(saved).toMatchObject({ DriverName: "amazonec2" });
    expect(Object(saved).Driver).toEqual(driver);
  });

  it("changes what was changed and nothing else", async () => {
    await writeConfig("node-1", JSON.stringify({ ...sampleRecord(root), Extra: 1 }));
    const record = await store.get("node-1");
    await store.save({ ...record, Driver: { ...record.Driver, SSHPort: 1234 } });
    const again = await store.get("node-1");
    expect(again).toEqual({ ...record, Driver: { ...record.Driver, SSHPort: 1234 } });
    expect(await readFile(configPath("node-1"), "utf8")).toContain('"Extra": 1');
  });

  it("is a round trip for any foreign key and value", async () => {
    await store.reserve(sampleRecord(root), journal);
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.jsonValue({ maxDepth: 3 }), async (key, value) => {
        const record = sampleRecord(root);
        const isKnown = [...Object.keys(record), ...Object.keys(record.Driver)].some(
          (known) => known.toLowerCase() === key.toLowerCase(),
        );
        fc.pre(!isKnown);
        const before = JSON.parse(
          JSON.stringify({
            ...record,
            [key]: value,
            Driver: { ...record.Driver, [key]: value },
          }).replaceAll(/\\ud[89a-f]\w\w/g, ""),
        );
        await writeFile(configPath("node-1"), JSON.stringify(before));
        await store.save(await store.get("node-1"));
        expect(JSON.parse(await readFile(configPath("node-1"), "utf8"))).toEqual(before);
      }),
      { numRuns: 50 },
    );
  });

  it("writes over a file that was damaged", async () => {
    await writeConfig("node-1", "{");
    await store.save(sampleRecord(root));
    expect(await store.get("node-1")).toEqual(sampleRecord(root));
  });

  it("leaves no other file behind", async () => {
    await store.reserve(sampleRecord(root), journal);
    await store.save(sampleRecord(root));
    await store.removeJournal("node-1");
    expect(await readdir(store.machineDir("node-1"))).toEqual(["config.json"]);
    expect(await readdir(join(root, ".machine", "locks"))).toEqual([]);
    expect(await readdir(join(root, "machines"))).toEqual(["node-1"]);
  });
});

describe("a store that was moved", () => {
  it("finds its files at the new place", async () => {
    await store.reserve(sampleRecord(root), journal);
    const moved = join(directory.path, "elsewhere");
    await rename(root, moved);
    const record = await openStore(moved, { clock: systemClock, log: silentLog }).get("node-1");
    expect(JSON.stringify(record)).not.toContain(`${root}/`);
    expect(record).toEqual(sampleRecord(moved));
  });

  it("keeps paths to an old store that is still there, but for the machine's own directory", async () => {
    const other = join(directory.path, "other");
    await mkdir(join(other, "machines"), { recursive: true });
    await writeConfig("node-1", JSON.stringify(sampleRecord(other)));
    const { AuthOptions } = (await store.get("node-1")).HostOptions;
    expect(AuthOptions.CaCertPath).toBe(join(other, "certs", "ca.pem"));
    expect(AuthOptions.StorePath).toBe(store.machineDir("node-1"));
  });

  it("leaves files of the user outside of it alone", async () => {
    const gone = join(directory.path, "gone");
    const record = sampleRecord(gone);
    await writeConfig(
      "node-1",
      JSON.stringify({ ...record, Driver: { ...record.Driver, SSHKey: "/home/a/id" } }),
    );
    expect((await store.get("node-1")).Driver["SSHKey"]).toBe("/home/a/id");
  });
});

describe("journals", () => {
  it("that are damaged count as of a create that reached nothing", async () => {
    await store.reserve(sampleRecord(root), journal);
    for (const text of ["", "{", "[]", '{"done":7}', '{"resources":[1,{"kind":"a"}]}']) {
      await writeFile(join(store.machineDir("node-1"), ".journal.json"), text);
      expect(await store.readJournal("node-1")).toMatchObject({ version: 1, done: [], resources: [] });
    }
  });
});

describe("removing", () => {
  it("takes the machine's directory and nothing else", async () => {
    await store.reserve(sampleRecord(root), journal);
    await store.reserve(sampleRecord(root, "node-2"), journal);
    await mkdir(store.certsDir);
    await chmod(store.machineDir("node-1"), 0o500);
    await store.remove("node-1");
    expect(await store.names()).toEqual(["node-2"]);
    expect(await stat(store.certsDir)).toBeDefined();
  });
});
