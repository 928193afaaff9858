import { createHash } from "node:crypto";
import { copyFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { AppError } from "../kit/errors.ts";
import { ensureDirectory, readTextIfPresent, writeFileAtomic } from "../kit/fs.ts";
import type { Connection } from "../machine/connection.ts";
import type { Store } from "../store/store.ts";
import type { Io } from "./command.ts";
import { homeOf } from "./globals.ts";

/**
 * Writes the Docker context of a machine, as `docker context create` would.
 * Source: Docker's documentation of contexts: contexts/meta/<sha256 of the name>/meta.json, contexts/tls/<same>/docker.
 * @throws CONTEXT_TAKEN when a context of that name is somebody else's
 */
export async function writeContext(io: Io, store: Store, connection: Connection): Promise<void> {
  const { name, url, certPath } = connection;
  const place = places(io, name);
  if ((await owner(place.metaFile)) === "other") throw contextTaken(name);
  await ensureDirectory(place.tls);
  for (const file of ["ca.pem", "cert.pem", "key.pem"]) {
    await copyFile(join(certPath, file), join(place.tls, file));
  }
  await ensureDirectory(place.meta);
  const meta = {
    Name: name,
    Metadata: { Description: describe(store, name), "machine.store": store.root },
    Endpoints: { docker: { Host: url, SkipTLSVerify: false } },
  };
  await writeFileAtomic(place.metaFile, JSON.stringify(meta), 0o644);
}

/** Removes the context that `writeContext` wrote; others stay. Tells whether there was one. */
export async function removeContext(io: Io, _store: Store, name: string): Promise<boolean> {
  const place = places(io, name);
  if ((await owner(place.metaFile)) !== "ours") return false;
  await rm(place.meta, { recursive: true, force: true });
  await rm(place.tlsRoot, { recursive: true, force: true });
  return true;
}

function places(io: Io, name: string) {
  const config = io.env["DOCKER_CONFIG"] || join(homeOf(io), ".docker");
  const id = createHash("sha256").update(name).digest("hex");
  const meta = join(config, "contexts", "meta", id);
  const tlsRoot = join(config, "contexts", "tls", id);
  return { meta, metaFile: join(meta, "meta.json"), tlsRoot, tls: join(tlsRoot, "docker") };
}

async function owner(metaFile: string): Promise<"nobody" | "ours" | "other"> {
  const text = await readTextIfPresent(metaFile);
  if (text === undefined) return "nobody";
  return text.includes('"machine.store"') ? "ours" : "other";
}

function describe(store: Store, name: string): string {
  return `machine ${name} of ${store.root}`;
}

const contextTaken = (name: string) =>
  new AppError("CONTEXT_TAKEN", `there is a Docker context "${name}" that is not this machine's`, {
    hint: `docker context rm ${name} removes it`,
  });
