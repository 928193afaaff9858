import type { SshConnection, SshRunResult } from "../../src/ssh/ssh.ts";

export interface RecordedSsh {
  readonly connection: SshConnection;
  /** Commands with what went to their standard input, in order. */
  readonly calls: { command: string; input: string }[];
}

/** A connection that writes down what it is asked and answers with `answer`. */
export function recordedSsh(answer: (command: string, input: string) => Partial<SshRunResult>): RecordedSsh {
  const calls: RecordedSsh["calls"] = [];
  const close = async () => undefined;
  const connection: SshConnection = {
    async run(command, options = {}) {
      const input = typeof options.input === "string" ? options.input : "";
      calls.push({ command, input });
      return { stdout: "", stderr: "", exitCode: 0, ...answer(command, input) };
    },
    upload: close,
    download: close,
    forward: () => Promise.reject(new Error("nothing is forwarded here")),
    close,
    [Symbol.asyncDispose]: close,
  };
  return { connection, calls };
}

/** The files that a configure script writes, decoded. */
export function filesIn(script: string): Record<string, string> {
  const found = script.matchAll(/^put (\S+) \d+ <<'END'\n([^\n]*)\nEND$/gm);
  return Object.fromEntries(
    [...found].map(([, path = "", text = ""]) => [path, Buffer.from(text, "base64").toString("utf8")]),
  );
}
