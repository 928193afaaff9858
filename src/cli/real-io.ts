import { writeSync } from "node:fs";
import { systemCode } from "../kit/errors.ts";
import type { Io } from "./command.ts";

const descriptors = { stdin: 0, stdout: 1, stderr: 2 } as const;

/** The result could not be written: nobody reads it any more, or the disk is full. */
export class OutputError extends Error {
  readonly brokenPipe: boolean;

  constructor(cause: unknown) {
    super(`cannot write the output: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = "OutputError";
    this.brokenPipe = systemCode(cause) === "EPIPE";
  }
}

/**
 * The process's own streams. Written with the system call itself: process.stdout costs start-up time, and its errors
 * come too late to change the exit code.
 */
export function realIo(): Io {
  return {
    out: (text) => writeAll(descriptors.stdout, text),
    err: (text) => {
      try {
        writeAll(descriptors.stderr, text);
      } catch {
        // nobody can be told
      }
    },
    // node:tty brings the network modules with it, which most commands never need
    isTerminal: (stream) => process.getBuiltinModule("node:tty").isatty(descriptors[stream]),
    // a terminal that does not know its size says 0
    columns: () => process.stderr.columns || 80,
    rows: () => process.stderr.rows || 24,
    ask,
    env: process.env,
    platform: process.platform,
    cwd: process.cwd(),
    argv: [process.argv[1] ?? "machine", ...process.argv.slice(2)],
    parentPid: process.ppid,
  };
}

function writeAll(descriptor: number, text: string): void {
  const bytes = Buffer.from(text, "utf8");
  let at = 0;
  while (at < bytes.length) {
    try {
      at += writeSync(descriptor, bytes, at);
    } catch (error) {
      if (systemCode(error) !== "EAGAIN") throw new OutputError(error);
      // a pipe that somebody made non-blocking is full: wait for its reader
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

async function ask(question: string): Promise<string | undefined> {
  const { createInterface } = await import("node:readline");
  const lines = createInterface({ input: process.stdin, output: process.stderr, terminal: false });
  writeAll(descriptors.stderr, question);
  try {
    return await new Promise<string | undefined>((resolve) => {
      lines.once("line", resolve);
      lines.once("close", () => resolve(undefined));
    });
  } finally {
    lines.close();
    process.stdin.unref?.();
  }
}
