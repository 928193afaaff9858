import { createHash } from "node:crypto";
import { homedir } from "node:os";
import { join } from "node:path";
import * as v from "valibot";
import { AppError } from "../kit/errors.ts";
import { ensureDirectory, readTextIfPresent, writeFileAtomic } from "../kit/fs.ts";
import type { Env } from "../kit/process.ts";

/** Where the user's own engine is. */
export interface EngineAddress {
  /** "unix:///var/run/docker.sock", "tcp://host:port", "npipe://…". */
  readonly url: string;
  /** Folder with ca.pem, cert.pem and key.pem; "" without TLS. */
  readonly certPath: string;
}

const remembered = v.object({ url: v.string(), certPath: v.string() });

const fileOf = (storeRoot: string) => join(storeRoot, ".machine", "engine.json");

/**
 * Finds the user's engine: MACHINE_DOCKER_HOST; DOCKER_HOST unless it points to a machine, as after `eval "$(machine env)"`; the
 * engine on which the store's container machines were made; the current Docker context; the usual socket.
 */
export async function findEngine(
  env: Env,
  storeRoot: string,
  platform: NodeJS.Platform,
): Promise<EngineAddress> {
  const own = env["MACHINE_DOCKER_HOST"];
  if (own) return { url: usable(own, "MACHINE_DOCKER_HOST"), certPath: certPathOf(env) };
  const host = env["DOCKER_HOST"];
  if (host && !env["DOCKER_MACHINE_NAME"])
    return { url: usable(host, "DOCKER_HOST"), certPath: certPathOf(env) };
  const earlier = await readRemembered(storeRoot);
  if (earlier !== undefined) return earlier;
  const url = (await contextHost(env)) ?? usualSocket(platform);
  return { url, certPath: "" };
}

/** Keeps the engine of the store's container machines, so that they are found when DOCKER_HOST points elsewhere. */
export async function rememberEngine(storeRoot: string, address: EngineAddress): Promise<void> {
  const text = `${JSON.stringify(address)}\n`;
  if ((await readTextIfPresent(fileOf(storeRoot))) === text) return;
  await ensureDirectory(join(storeRoot, ".machine"));
  await writeFileAtomic(fileOf(storeRoot), text);
}

async function readRemembered(storeRoot: string): Promise<EngineAddress | undefined> {
  const text = await readTextIfPresent(fileOf(storeRoot));
  if (text === undefined) return undefined;
  try {
    return v.parse(remembered, JSON.parse(text));
  } catch {
    return undefined; // a broken file costs a guess, not the command
  }
}

function certPathOf(env: Env): string {
  return env["DOCKER_TLS_VERIFY"] || env["DOCKER_TLS"] ? (env["DOCKER_CERT_PATH"] ?? "") : "";
}

/** Container machines publish ports and mount volumes there: an engine behind SSH has neither for this computer. */
const notUsable = (url: string, source: string) =>
  new AppError("ENGINE_UNSUPPORTED", `${source} is "${url}": only unix://, tcp:// and npipe:// can be used`, {
    hint: url.startsWith("ssh:")
      ? "machine create --driver generic --generic-ip-address HOST makes a machine of a host behind SSH; MACHINE_DOCKER_HOST names another engine for machine alone"
      : "MACHINE_DOCKER_HOST=unix:///var/run/docker.sock names this computer's engine for machine alone",
  });

/**
 * The address with its scheme.
 * @throws ENGINE_UNSUPPORTED for one that cannot be used, such as ssh://
 */
function usable(address: string, source: string): string {
  const url = address.includes("://") ? address : `tcp://${address}`;
  const isUsable = /^(unix|npipe):\/\/./.test(url) || (/^(tcp|https?):\/\/./.test(url) && URL.canParse(url));
  if (!isUsable) throw notUsable(address, source);
  return url;
}

function usualSocket(platform: NodeJS.Platform): string {
  return platform === "win32" ? "npipe:////./pipe/docker_engine" : "unix:///var/run/docker.sock";
}

const contextName = v.object({ currentContext: v.optional(v.string(), "") });
const contextMeta = v.object({ Endpoints: v.object({ docker: v.object({ Host: v.string() }) }) });

/** Endpoint of the current Docker context. Source: docs of `docker context`; its files are named by a SHA-256 of the name. */
async function contextHost(env: Env): Promise<string | undefined> {
  const folder = env["DOCKER_CONFIG"] ?? join(env["HOME"] ?? homedir(), ".docker");
  try {
    const config = (await readTextIfPresent(join(folder, "config.json"))) ?? "{}";
    const name = env["DOCKER_CONTEXT"] || v.parse(contextName, JSON.parse(config)).currentContext;
    if (name === "" || name === "default") return undefined;
    const digest = createHash("sha256").update(name).digest("hex");
    const meta = await readTextIfPresent(join(folder, "contexts", "meta", digest, "meta.json"));
    const { Host } = v.parse(contextMeta, JSON.parse(meta ?? "")).Endpoints.docker;
    return usable(Host, `the endpoint of the Docker context ${name}`);
  } catch (error) {
    if (error instanceof AppError) throw error;
    return undefined; // no context that can be read: the usual socket is tried
  }
}
