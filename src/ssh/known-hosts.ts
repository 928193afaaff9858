import { timingSafeEqual } from "node:crypto";
import { readTextIfPresent, writeFileAtomic } from "../kit/fs.ts";

/** The name under which a machine's keys stand in its own file, whatever its address is today. */
export const hostAlias = "machine";

export interface PinnedKey {
  /** "ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa". */
  readonly type: string;
  readonly key: Buffer;
}

/** The keys that were pinned at first contact; none before it. The file is an OpenSSH known_hosts. */
export async function pinnedKeys(path: string): Promise<PinnedKey[]> {
  const text = (await readTextIfPresent(path)) ?? "";
  return text.split("\n").flatMap((line) => {
    const [host, type, key] = line.trim().split(/\s+/);
    if (host === undefined || host.startsWith("#") || type === undefined || key === undefined) return [];
    return [{ type, key: Buffer.from(key, "base64") }];
  });
}

/** Pins the key of a first contact. */
export async function pinKey(path: string, key: Buffer): Promise<void> {
  await writeFileAtomic(path, `${hostAlias} ${keyType(key)} ${key.toString("base64")}\n`, 0o600);
}

export function isPinned(pinned: readonly PinnedKey[], key: Buffer): boolean {
  return pinned.some((one) => one.key.length === key.length && timingSafeEqual(one.key, key));
}

/** The type that stands at the beginning of a public key. Source: RFC 4253, section 6.6. */
export function keyType(key: Buffer): string {
  const length = key.length >= 4 ? key.readUInt32BE(0) : 0;
  return key.toString("latin1", 4, 4 + Math.min(length, 64));
}
