import { describe, expect, it } from "vitest";
import { rebasePaths } from "../../../src/store/rebase.ts";
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
