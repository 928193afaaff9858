import type { ImageContext } from "../../src/image/context.ts";
import { silentLog } from "../../src/kit/log.ts";

/** A context over a temporary store; nothing may be run unless the test hands in a runner. */
export function imageContext(storeRoot: string, more: Partial<ImageContext> = {}) {
  const shown: string[] = [];
  const context: ImageContext = {
    run: (file) => Promise.reject(new Error(`no program may be run here: ${file}`)),
    log: silentLog,
    env: {},
    platform: "linux",
    storeRoot,
    packageRoot: process.cwd(),
    progress: (message) => shown.push(message),
    ...more,
  };
  return { context, shown };
}

/** The first 40 KiB of a CD with this volume id. */
export function isoBytes(volumeId: string): Buffer {
  const bytes = Buffer.alloc(40 * 1024);
  bytes.writeUInt8(1, 0x8000);
  bytes.write("CD001", 0x8001, "latin1");
  bytes.write(volumeId.padEnd(32), 0x8028, "latin1");
  return bytes;
}
