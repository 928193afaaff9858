import { createPublicKey, generateKeyPair } from "node:crypto";
import { chmod } from "node:fs/promises";
import { promisify } from "node:util";
import { AppError } from "../kit/errors.ts";
import { readTextIfPresent, writeFileAtomic } from "../kit/fs.ts";

/**
 * The key pair of a machine, made when it is not there: RSA 2048 as PKCS#1 PEM, which every client of the field reads,
 * and `<path>.pub` beside it, both 0600.
 * @returns the public key's line, "ssh-rsa AAAA…"
 */
export async function ensureKey(keyPath: string): Promise<string> {
  const present = await readTextIfPresent(keyPath);
  const privatePem = present ?? (await newPrivateKey());
  const line = publicLine(privatePem, keyPath);
  if (present === undefined) await writeFileAtomic(keyPath, privatePem, 0o600);
  else if (process.platform !== "win32") await chmod(keyPath, 0o600); // ssh refuses keys that others can read
  await writeFileAtomic(`${keyPath}.pub`, `${line}\n`, 0o600);
  return line;
}

async function newPrivateKey(): Promise<string> {
  const { privateKey } = await promisify(generateKeyPair)("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "pkcs1", format: "pem" },
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
  });
  return privateKey;
}

/** The authorized_keys line of an RSA key. Source: RFC 4253, section 6.6. */
function publicLine(privatePem: string, keyPath: string): string {
  const jwk = publicJwk(privatePem);
  if (jwk?.n === undefined || jwk.e === undefined) {
    throw new AppError("SSH_KEY_UNREADABLE", `${keyPath} is no RSA key that could be read`);
  }
  const blob = Buffer.concat([
    field(Buffer.from("ssh-rsa")),
    field(positive(Buffer.from(jwk.e, "base64url"))),
    field(positive(Buffer.from(jwk.n, "base64url"))),
  ]);
  return `ssh-rsa ${blob.toString("base64")}`;
}

function publicJwk(privatePem: string) {
  try {
    return createPublicKey(privatePem).export({ format: "jwk" });
  } catch {
    return undefined; // the caller's error names the file
  }
}

function field(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** An mpint whose first bit is set needs a zero byte before it, or it would be negative. */
function positive(bytes: Buffer): Buffer {
  return (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes;
}
