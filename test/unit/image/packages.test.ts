import { describe, expect, test } from "vitest";
import { parseInstalls } from "../../../src/image/apt.ts";
import { isDebianLike } from "../../../src/image/build-elsewhere.ts";
import { loadedFiles } from "../../../src/image/bundle.ts";
import { parseDependencies, withoutSignature } from "../../../src/image/kernel.ts";

describe("apt's simulation", () => {
  test("gives name, version and architecture of what would be installed", () => {
    const text = [
      "Reading package lists...",
      "Inst libc6 (2.41-12+deb13u5 Debian:13.8/stable [amd64]) []",
      "Inst libpcre2-8-0 (10.46-1~deb13u3 Debian:13.8/stable, Debian-Security:13/stable-security [amd64])",
      "Inst libcap2 (1:2.75-10+deb13u1+b3 Debian:13.8/stable [amd64])",
      "Inst debconf (1.5.91 Debian:13.8/stable [all])",
      "Conf libc6 (2.41-12+deb13u5 Debian:13.8/stable [amd64])",
    ].join("\n");
    expect(parseInstalls(text)).toEqual([
      { name: "libc6", version: "2.41-12+deb13u5", kind: "amd64" },
      { name: "libpcre2-8-0", version: "10.46-1~deb13u3", kind: "amd64" },
      { name: "libcap2", version: "1:2.75-10+deb13u1+b3", kind: "amd64" },
      { name: "debconf", version: "1.5.91", kind: "all" },
    ]);
  });
});

describe("kernel modules", () => {
  test("lose their signature and nothing else", () => {
    const module = Buffer.from("ELF and code");
    const signature = Buffer.alloc(300, 7);
    const info = Buffer.alloc(12);
    info.writeUInt32BE(signature.length, 8);
    const signed = Buffer.concat([module, signature, info, Buffer.from("~Module signature appended~\n")]);
    expect(withoutSignature(signed)).toEqual(module);
    expect(withoutSignature(module)).toBe(module);
  });

  test("are known with all that they need", () => {
    const found = parseDependencies("kernel/a.ko: kernel/b.ko kernel/c.ko\nkernel/b.ko:\n");
    expect(found.get("kernel/a.ko")).toEqual(["kernel/b.ko", "kernel/c.ko"]);
    expect(found.get("kernel/b.ko")).toEqual([]);
    expect(found.size).toBe(2);
  });
});

test("the bundle's chunks are found in calls of require, at the top and in functions", () => {
  const text = `const a = require("./chunks/a-1.cjs"); Promise.resolve().then(() => require('../b.cjs'));
    require("node:fs"); require("pino"); require(\`./chunks/c.cjs\`)`;
  expect(loadedFiles(text)).toEqual(["./chunks/a-1.cjs", "../b.cjs", "./chunks/c.cjs"]);
});

test.each([
  ["ID=debian\n", true],
  ["NAME=x\nID=ubuntu\nID_LIKE=debian\n", true],
  ['ID=linuxmint\nID_LIKE="ubuntu debian"\n', true],
  ["ID=fedora\n", false],
  ['ID="rhel"\nPRETTY_NAME="not debian"\n', false],
])("os-release %j is a Debian: %s", (text, expected) => {
  expect(isDebianLike(text)).toBe(expected);
});
