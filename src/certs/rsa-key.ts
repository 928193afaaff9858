import { generateKeyPair, type KeyObject } from "node:crypto";
import { promisify } from "node:util";

/** The two halves of a new key. */
export interface RsaKey {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/** A new RSA key of 2048 bits, made beside the main thread. */
export function newRsaKey(): Promise<RsaKey> {
  return promisify(generateKeyPair)("rsa", { modulusLength: 2048 });
}
