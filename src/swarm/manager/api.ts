import { newestKnownApiVersion, oldestApiVersion } from "../engine/api-version.ts";
import { swarmVersion } from "../version.ts";

/** What clients may speak: the newest that this program was written for; each engine gets the nearest that it knows. */
export const apiVersion = newestKnownApiVersion;
export const minApiVersion = oldestApiVersion;
/** Begins as clients and scripts recognise a classic Swarm by. */
export const versionText = `swarm/${swarmVersion}`;
export const serverName = `Docker/${versionText} (linux)`;
