import { expect, it } from "vitest";
import { findProvisioner } from "../../../src/provision/detect.ts";
import { familyOf, parseOsRelease } from "../../../src/provision/os-release.ts";

it("reads values with =, blanks and quotes of both kinds, and skips what is no setting", () => {
  const os = parseOsRelease(
    `# a comment\n\nNAME="A \\"good\\" \\$ystem"\nBUG=https://x/?a=b\nVARIANT='single one'\nnot a setting\nID=x\r\n`,
  );
  expect(Object.fromEntries(os)).toEqual({
    NAME: 'A "good" $ystem',
    BUG: "https://x/?a=b",
    VARIANT: "single one",
    ID: "x",
  });
});

it("gives the ID first, then what the system is like", () => {
  expect(familyOf(parseOsRelease('ID=rocky\nID_LIKE="rhel centos fedora"'))).toEqual([
    "rocky",
    "rhel",
    "centos",
    "fedora",
  ]);
  expect(familyOf(parseOsRelease("NAME=nameless"))).toEqual([]);
});

it.each([
  ["ID=boot2docker", "boot2docker"],
  ["ID=debian\nVERSION_ID=13", "debian"],
  ["ID=raspbian\nID_LIKE=debian", "debian"],
  ["ID=kali\nID_LIKE=debian", "debian"],
  ["ID=ubuntu\nID_LIKE=debian", "ubuntu"],
  ['ID=linuxmint\nID_LIKE="ubuntu debian"', "ubuntu"],
  ["ID=fedora", "fedora"],
  ['ID="rhel"\nID_LIKE="fedora"', "redhat"],
  ['ID="centos"\nID_LIKE="rhel fedora"', "redhat"],
  ['ID="rocky"\nID_LIKE="rhel centos fedora"', "redhat"],
  ['ID="almalinux"\nID_LIKE="rhel centos fedora"', "redhat"],
  ['ID="ol"\nID_LIKE="fedora"', "redhat"],
  ['ID="amzn"\nID_LIKE="fedora"', "redhat"],
  ['ID="opensuse-leap"\nID_LIKE="suse opensuse"', "suse"],
  ['ID="sles"\nID_LIKE="suse"', "suse"],
  ["ID=arch", "arch"],
  ["ID=manjaro\nID_LIKE=arch", "arch"],
])("knows who provisions %j", (text, name) => {
  expect(findProvisioner(parseOsRelease(text))?.name).toBe(name);
});

it("knows what it does not know", () => {
  expect(findProvisioner(parseOsRelease("ID=alpine"))).toBeUndefined();
  expect(findProvisioner(parseOsRelease(""))).toBeUndefined();
});
