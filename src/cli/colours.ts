import { Chalk, type ChalkInstance } from "chalk";
import type { Io } from "./command.ts";

/** Colours for one stream: none off a terminal, none where NO_COLOR is set (no-color.org). */
export function colours(io: Pick<Io, "env" | "isTerminal">, stream: "stdout" | "stderr"): ChalkInstance {
  const plain = (io.env["NO_COLOR"] ?? "") !== "" || io.env["TERM"] === "dumb" || !io.isTerminal(stream);
  return new Chalk({ level: plain ? 0 : 1 });
}
