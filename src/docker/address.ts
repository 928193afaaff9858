import { createHash } from "node:crypto";
import { homedir } from "node:os";
import { join } from "node:path";
import * as v from "valibot";
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
  if (own) return { url: own, certPath: certPathOf(env) };
  const host = env["DOCKER_HOST"];
  if (host && !env["DOCKER_MACHINE_NAME"]) return { url: withScheme(host), certPath: certPathOf(env) };
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

function withScheme(host: string): string {
  return host.includes("://") ? host : `tcp://${host}`;
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
    return /^(unix|tcp|npipe):/.test(Host) ? Host : undefined;
  } catch {
    return undefined; // no context that can be read: the usual socket is tried
  }
}
