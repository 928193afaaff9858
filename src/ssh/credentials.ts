import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import type { SshAddress } from "../driver/driver.ts";
import { readTextIfPresent } from "../kit/fs.ts";
import type { Env } from "../kit/process.ts";
import { sshKeyUnreadable } from "./errors.ts";

/** How a client logs in; a private key in PEM, or the path of an agent's socket. */
export interface Credentials {
  privateKey?: string;
  agent?: string;
}

/**
 * What logs in: the machine's key, else the user's agent, else the user's own keys.
 * @throws SSH_KEY_UNREADABLE
 */
export async function credentialsFor(address: SshAddress, env: Env): Promise<Credentials> {
  if (address.keyPath !== "") {
    try {
      return { privateKey: await readFile(address.keyPath, "utf8") };
    } catch (error) {
      throw sshKeyUnreadable(address.keyPath, error);
    }
  }
  const agent = env["SSH_AUTH_SOCK"];
  if (agent) return { agent };
  const home = env["HOME"] ?? homedir();
  for (const name of ["id_ed25519", "id_ecdsa", "id_rsa"]) {
    const privateKey = await readTextIfPresent(join(home, ".ssh", name));
    if (privateKey !== undefined) return { privateKey };
  }
  return {};
}
