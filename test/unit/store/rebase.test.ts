import { describe, expect, it } from "vitest";
import { rebasePaths } from "../../../src/store/rebase.ts";
import { storeRoot } from "../../../src/store/root.ts";
import { sampleRecord } from "../../support/sample-record.ts";

describe("rebasing", () => {
  it("leaves a record of this store as it is", () => {
    expect(rebasePaths(sampleRecord("/new"), "/new", () => true)).toEqual(sampleRecord("/new"));
  });

  it("moves every path when the old store is gone", () => {
    expect(rebasePaths(sampleRecord("/old/store"), "/new", () => false)).toEqual(sampleRecord("/new"));
  });

  it("does not touch paths that only begin alike", () => {
    const record = sampleRecord("/old");
    const other = { ...record, Driver: { ...record.Driver, ShareFolder: "/older/files" } };
    expect(rebasePaths(other, "/new", () => false).Driver["ShareFolder"]).toBe("/older/files");
  });

  it("never takes the file system's root for an old store", () => {
    const record = sampleRecord("/new");
    const other = { ...record, Driver: { ...record.Driver, StorePath: "/", ShareFolder: "/home" } };
    expect(rebasePaths(other, "/new", () => false).Driver).toEqual(other.Driver);
  });
});

describe("the root of the store", () => {
  it("is the option, else the variable, else in the home directory", () => {
    const env = { HOME: "/home/a", MACHINE_STORAGE_PATH: "/env" };
    expect(storeRoot("/option", env, "linux")).toBe("/option");
    expect(storeRoot(undefined, env, "linux")).toBe("/env");
    expect(storeRoot("", { HOME: "/home/a" }, "linux")).toBe("/home/a/.docker/machine");
    expect(storeRoot("rel", env, "linux")).toBe(`${process.cwd()}/rel`);
  });

  it("is an error without a home", () => {
    expect(() => storeRoot(undefined, {}, "linux")).toThrow(expect.objectContaining({ code: "NO_HOME" }));
    expect(() => storeRoot(undefined, { HOME: "/h" }, "win32")).toThrow(
      expect.objectContaining({ code: "NO_HOME" }),
    );
  });
});
