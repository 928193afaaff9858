import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import ssh2 from "ssh2";
import { expect, it } from "vitest";
import { ensureKey } from "../../../src/ssh/keys.ts";
import { isPinned, keyType, pinKey, pinnedKeys } from "../../../src/ssh/known-hosts.ts";
import { sshArguments } from "../../../src/ssh/system.ts";
import { tempDir } from "../../support/temp-dir.ts";

it("makes an RSA pair that SSH clients read, once", async () => {
  await using dir = await tempDir();
  const path = join(dir.path, "id_rsa");
  const line = await ensureKey(path);
  const pem = await readFile(path, "utf8");
  expect(pem).toMatch(/^-----BEGIN RSA PRIVATE KEY-----/);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  const parsed = ssh2.utils.parseKey(pem);
  if (parsed instanceof Error || Array.isArray(parsed)) throw new Error("the key cannot be read");
  expect(line).toBe(`ssh-rsa ${parsed.getPublicSSH().toString("base64")}`);
  expect(await ensureKey(path)).toBe(line);
  expect(await readFile(path, "utf8")).toBe(pem);
  expect(await readFile(`${path}.pub`, "utf8")).toBe(`${line}\n`);
});

it("pins one key in OpenSSH's form and knows it again", async () => {
  await using dir = await tempDir();
  const path = join(dir.path, "known_hosts");
  expect(await pinnedKeys(path)).toEqual([]);
  const key = Buffer.concat([Buffer.from([0, 0, 0, 11]), Buffer.from("ssh-ed25519"), Buffer.alloc(36, 7)]);
  expect(keyType(key)).toBe("ssh-ed25519");
  await pinKey(path, key);
  expect(await readFile(path, "utf8")).toBe(`machine ssh-ed25519 ${key.toString("base64")}\n`);
  const pinned = await pinnedKeys(path);
  expect(isPinned(pinned, key)).toBe(true);
  expect(isPinned(pinned, Buffer.concat([key, Buffer.from([1])]))).toBe(false);
  expect(isPinned(pinned, Buffer.alloc(key.length))).toBe(false);
});

it("gives the system's ssh the pinned keys, the machine's key and nothing of the user's settings", () => {
  const address = { host: "10.0.0.5", port: 2222, user: "docker", keyPath: "/s/m/id_rsa" };
  const args = sshArguments(address, ["ls", "-l"], { knownHostsPath: "/s p/100%/.known_hosts" });
  expect(args.slice(0, 2)).toEqual(["-F", "/dev/null"]);
  expect(args).toContain('UserKnownHostsFile="/s p/100%%/.known_hosts"');
  expect(args).toContain("HostKeyAlias=machine");
  expect(args.slice(-9)).toEqual([
    "-o",
    "IdentitiesOnly=yes",
    "-i",
    "/s/m/id_rsa",
    "-p",
    "2222",
    "docker@10.0.0.5",
    "ls",
    "-l",
  ]);
  expect(sshArguments({ ...address, keyPath: "" }, [], { knownHostsPath: "/k" })).not.toContain("-i");
});
