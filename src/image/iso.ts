import { open } from "node:fs/promises";
import { systemCode } from "../kit/errors.ts";
import { notAnIso } from "./errors.ts";

/** Primary volume descriptor of a CD: sector 16 of 2048 bytes; see ECMA-119, 8.4. */
const descriptor = 16 * 2048;

/**
 * The volume id of an ISO 9660 image ("b2d-v26.1.5"), or undefined where the file is something else.
 * Reads the first 34 KiB only.
 */
export async function isoVolumeId(path: string): Promise<string | undefined> {
  const file = await open(path, "r");
  try {
    const sector = Buffer.alloc(2048);
    const { bytesRead } = await file.read(sector, 0, sector.length, descriptor);
    if (bytesRead < sector.length || sector[0] !== 1 || sector.toString("latin1", 1, 6) !== "CD001") {
      return undefined;
    }
    return sector.toString("latin1", 40, 72).trimEnd();
  } finally {
    await file.close();
  }
}

/** The version in a volume id as docker-machine reads it: from the first "-v" on, with the "v". */
export function versionOfVolume(volumeId: string): string {
  const at = volumeId.indexOf("-v");
  return at < 0 ? "" : volumeId.slice(at + 1).trim();
}

/**
 * The volume id of a file that must be an ISO.
 * @throws IMAGE_NOT_AN_ISO, also when it cannot be read
 */
export async function requireIso(path: string): Promise<string> {
  try {
    const id = await isoVolumeId(path);
    if (id !== undefined) return id;
  } catch (error) {
    throw notAnIso(path, systemCode(error) ?? "unreadable", error);
  }
  throw notAnIso(path, "no CD file system in it");
}
