import { readFile } from "node:fs/promises";
import { messageOf, systemCode } from "../../kit/errors.ts";
import type { DiscoveryOptions, DiscoveryTls } from "../discovery/discovery.ts";
import type { SwarmContext } from "./context.ts";
import { fatal } from "./fatal.ts";
import type { Flags } from "./flags.ts";

/** The discovery URL: exactly one argument, else the environment's. @throws with the text of 1.2.9 where there is none */
export function discoveryUrl(
  context: SwarmContext,
  positionals: readonly string[],
  command: "list" | "join" | "manage",
): string {
  const [only] = positionals.length === 1 ? positionals : [];
  const url = only ?? context.env["SWARM_DISCOVERY"] ?? "";
  if (url === "") {
    throw fatal(`discovery required to ${command} a cluster. See '${context.program} ${command} --help'.`);
  }
  return url;
}

/** What `--discovery-opt` and the environment say about reaching a discovery backend. */
export async function discoverySettings(
  context: SwarmContext,
  flags: Flags,
): Promise<Pick<DiscoveryOptions, "path" | "tls" | "serviceUrl" | "bearerToken" | "env">> {
  const { env } = context;
  const options = parseKeyValues(flags.list("discovery-opt"), "--discovery-opt");
  const path = options.get("kv.path");
  const tls = await readTls({
    ca: options.get("kv.cacertfile") ?? env["SWARM_DISCOVERY_CACERT"],
    cert: options.get("kv.certfile") ?? env["SWARM_DISCOVERY_CERT"],
    key: options.get("kv.keyfile") ?? env["SWARM_DISCOVERY_KEY"],
  });
  const serviceUrl = env["SWARM_DISCOVERY_URL"];
  const bearerToken = env["SWARM_DISCOVERY_TOKEN"];
  return {
    env,
    ...(path === undefined ? {} : { path }),
    ...(tls === undefined ? {} : { tls }),
    ...(serviceUrl ? { serviceUrl } : {}),
    ...(bearerToken ? { bearerToken } : {}),
  };
}

/** Reads "key=value" texts. */
export function parseKeyValues(texts: readonly string[], flag: string): Map<string, string> {
  return new Map(
    texts.map((text) => {
      const at = text.indexOf("=");
      if (at < 0) throw fatal(`${flag} must contain key=value strings`);
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}

async function readTls(
  files: Record<keyof DiscoveryTls, string | undefined>,
): Promise<DiscoveryTls | undefined> {
  const [ca, cert, key] = await Promise.all([files.ca, files.cert, files.key].map(readPem));
  if (ca === undefined && cert === undefined && key === undefined) return undefined;
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

async function readPem(path: string | undefined): Promise<string | undefined> {
  if (path === undefined || path === "") return undefined;
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw fatal(`Couldn't read the discovery's certificate file: ${openFailure(path, error)}`);
  }
}

/** Why a file could not be opened, as Go says it. */
export function openFailure(path: string, error: unknown): string {
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: "no such file or directory",
    EACCES: "permission denied",
    EISDIR: "is a directory",
    ENOTDIR: "not a directory",
  };
  return `open ${path}: ${reasons[systemCode(error) ?? ""] ?? messageOf(error)}`;
}
