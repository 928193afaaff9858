const magic = "boot2docker, please format-me";
const block = 512;

/**
 * What a boot2docker guest looks for at the start of an empty disk: a tar whose first bytes are the magic text, and
 * which holds the public key. The guest formats the disk and unpacks the tar into the home folder of `docker`.
 */
export function magicTar(publicKey: string): Buffer {
  const key = `${publicKey.trim()}\n`;
  return Buffer.concat([
    entry(magic, magic, 0),
    entry(".ssh/", "", 0o700, "5"),
    entry(".ssh/authorized_keys", key, 0o644),
    entry(".ssh/authorized_keys2", key, 0o644),
    Buffer.alloc(2 * block),
  ]);
}

/** One ustar entry: owner root, time zero. */
function entry(name: string, content: string, mode: number, type = "0"): Buffer {
  const data = Buffer.from(content);
  const head = Buffer.alloc(block);
  head.write(name, 0, 100, "utf8");
  head.write(octal(mode, 7), 100);
  head.write(octal(0, 7), 108);
  head.write(octal(0, 7), 116);
  head.write(octal(data.length, 11), 124);
  head.write(octal(0, 11), 136);
  head.write(" ".repeat(8), 148);
  head.write(type, 156);
  head.write("ustar\x0000", 257, "latin1");
  const sum = head.reduce((total, byte) => total + byte, 0);
  head.write(`${octal(sum, 6)}\0 `, 148, "latin1");
  return Buffer.concat([head, data, Buffer.alloc((block - (data.length % block)) % block)]);
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, "0");
}
