import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import { messageOf } from "../../kit/errors.ts";
import { openFailure } from "./discovery-settings.ts";
import { fatal } from "./fatal.ts";
import type { Flags } from "./flags.ts";

export interface TlsSettings {
  readonly cert: string;
  readonly key: string;
  readonly ca?: string;
  readonly verify: boolean;
}

/** Reads and checks the files of the --tls… flags; undefined for plain TCP. @throws with the texts of 1.2.9 */
export async function tlsSettings(flags: Flags): Promise<TlsSettings | undefined> {
  const [caFile, certFile, keyFile] = ["tlscacert", "tlscert", "tlskey"].map((name) => flags.text(name));
  const verify = flags.bool("tlsverify");
  if (!verify && !flags.bool("tls")) {
    if (caFile || certFile || keyFile) {
      throw fatal("--tlscert, --tlskey and --tlscacert require the use of either --tls or --tlsverify");
    }
    return undefined;
  }
  if (verify && !caFile) throw fatal("--tlscacert must be provided when using --tlsverify");
  if (!certFile || !keyFile) throw fatal("--tlscert and --tlskey must be provided when using --tls");
  const unusable = (why: string) =>
    fatal(`Couldn't load X509 key pair (${certFile}, ${keyFile}): ${why}. Key encrypted?`);
  const cert = await readOr(certFile, unusable);
  const key = await readOr(keyFile, unusable);
  const ca = caFile
    ? await readOr(caFile, (why) => fatal(`Couldn't read CA certificate: ${why}`))
    : undefined;
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    throw unusable(messageOf(error));
  }
  try {
    createSecureContext(ca === undefined ? {} : { ca });
  } catch (error) {
    throw fatal(`Couldn't read CA certificate: ${messageOf(error)}`);
  }
  return { cert, key, verify, ...(ca === undefined ? {} : { ca }) };
}

async function readOr(path: string, failure: (why: string) => Error): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw failure(openFailure(path, error));
  }
}
