import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";

/**
 * A folder as a cpio archive of the kind that the kernel unpacks as initial RAM disk ("newc"): sorted by name, all
 * files root's, one date, so that the same tree gives the same bytes.
 * Source: the kernel's Documentation/driver-api/early-userspace/buffer-format.rst.
 */
export async function cpioOf(folder: string, epoch: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let inode = 1;
  const add = (name: string, mode: number, links: number, content: Buffer) => {
    const fields = [inode++, mode, 0, 0, links, epoch, content.length, 0, 0, 0, 0, name.length + 1, 0];
    const header = `070701${fields.map((field) => field.toString(16).padStart(8, "0").toUpperCase()).join("")}`;
    parts.push(aligned(Buffer.from(`${header}${name}\0`)), aligned(content));
  };
  const walk = async (relative: string): Promise<void> => {
    const names = (await readdir(join(folder, relative))).sort();
    for (const name of names) {
      const path = relative === "" ? name : `${relative}/${name}`;
      const info = await lstat(join(folder, path));
      if (info.isDirectory()) {
        add(path, info.mode, 2, Buffer.alloc(0));
        await walk(path);
      } else if (info.isSymbolicLink()) {
        add(path, info.mode, 1, Buffer.from(await readlink(join(folder, path))));
      } else {
        add(path, info.mode, 1, await readFile(join(folder, path)));
      }
    }
  };
  await walk("");
  inode = 0;
  add("TRAILER!!!", 0, 1, Buffer.alloc(0));
  return Buffer.concat(parts);
}

function aligned(data: Buffer): Buffer {
  const rest = data.length % 4;
  return rest === 0 ? data : Buffer.concat([data, Buffer.alloc(4 - rest)]);
}
