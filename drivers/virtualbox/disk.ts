import { randomUUID } from "node:crypto";
import { open } from "node:fs/promises";
import { basename } from "node:path";

const sector = 512;
const grainSectors = 128;
const entriesPerTable = 512;
const headerSectors = 1;
const descriptorSectors = 20;

/**
 * Writes a growing VMDK ("monolithicSparse") whose first 64 KiB hold `start` and whose rest reads as zeros.
 * The file takes a few KB on a file system with holes. Source: VMware, "Virtual Disk Format 5.0"; the numbers in
 * the header are those that VirtualBox 7.2 writes.
 * @param sizeBytes a multiple of 512
 * @param start at most 65,536 bytes
 */
export async function writeSparseVmdk(path: string, sizeBytes: number, start: Uint8Array): Promise<void> {
  if (start.length > grainSectors * sector)
    throw new RangeError("the start of the disk is longer than 64 KiB");
  const layout = layoutOf(sizeBytes);
  const file = await open(path, "w", 0o600);
  try {
    await file.write(header(layout), 0, sector, 0);
    await file.write(descriptor(layout.capacity, basename(path)), 0, undefined, headerSectors * sector);
    for (const directory of [layout.redundantDirectory, layout.directory]) {
      const tables = directory + layout.directorySectors;
      const entries = Buffer.alloc(layout.tables * 4);
      for (let table = 0; table < layout.tables; table++)
        entries.writeUInt32LE(tables + table * 4, table * 4);
      await file.write(entries, 0, undefined, directory * sector);
      const firstGrain = Buffer.alloc(4);
      firstGrain.writeUInt32LE(layout.firstGrain);
      await file.write(firstGrain, 0, undefined, tables * sector);
    }
    await file.truncate((layout.firstGrain + grainSectors) * sector);
    await file.write(start, 0, undefined, layout.firstGrain * sector);
    await file.sync();
  } finally {
    await file.close();
  }
}

interface Layout {
  /** All in sectors but `tables`. */
  readonly capacity: number;
  readonly tables: number;
  readonly directorySectors: number;
  readonly redundantDirectory: number;
  readonly directory: number;
  readonly firstGrain: number;
}

function layoutOf(sizeBytes: number): Layout {
  const capacity = Math.floor(sizeBytes / sector);
  const tables = Math.ceil(capacity / grainSectors / entriesPerTable);
  const directorySectors = Math.ceil((tables * 4) / sector);
  const whole = directorySectors + tables * 4;
  const redundantDirectory = headerSectors + descriptorSectors;
  const directory = redundantDirectory + whole;
  const firstGrain = Math.ceil((directory + whole) / grainSectors) * grainSectors;
  return { capacity, tables, directorySectors, redundantDirectory, directory, firstGrain };
}

function header(layout: Layout): Buffer {
  const bytes = Buffer.alloc(sector);
  bytes.write("KDMV", 0, "latin1");
  bytes.writeUInt32LE(1, 4); // version
  bytes.writeUInt32LE(3, 8); // flags: the line ends below are valid, there is a second directory
  bytes.writeBigUInt64LE(BigInt(layout.capacity), 12);
  bytes.writeBigUInt64LE(BigInt(grainSectors), 20);
  bytes.writeBigUInt64LE(BigInt(headerSectors), 28);
  bytes.writeBigUInt64LE(BigInt(descriptorSectors), 36);
  bytes.writeUInt32LE(entriesPerTable, 44);
  bytes.writeBigUInt64LE(BigInt(layout.redundantDirectory), 48);
  bytes.writeBigUInt64LE(BigInt(layout.directory), 56);
  bytes.writeBigUInt64LE(BigInt(layout.firstGrain), 64);
  bytes.write("\n \r\n", 73, "latin1"); // a transfer as text would change these
  return bytes;
}

function descriptor(capacity: number, fileName: string): Buffer {
  const nil = "00000000-0000-0000-0000-000000000000";
  const contentId = randomUUID().slice(0, 8);
  const text = `# Disk DescriptorFile
version=1
CID=${contentId}
parentCID=ffffffff
createType="monolithicSparse"

# Extent description
RW ${capacity} SPARSE "${fileName}"

# The disk Data Base 
#DDB

ddb.virtualHWVersion = "4"
ddb.adapterType="ide"
ddb.uuid.image="${randomUUID()}"
ddb.uuid.parent="${nil}"
ddb.uuid.modification="${nil}"
ddb.uuid.parentmodification="${nil}"
`;
  const bytes = Buffer.alloc(descriptorSectors * sector);
  bytes.write(text, "latin1");
  return bytes;
}
