import type { ServerResponse } from "node:http";
import type { Exchange } from "../exchange.ts";

const stalledMs = 30_000;
/** Answers longer than this are long ones, of which only so many are on their way at once. */
const longBytes = 1024 * 1024;
const mostLong = 8;

/**
 * Sends JSON that is there in pieces, no faster than clients read. A client that takes nothing for half a minute is cut
 * off, and long answers wait for each other, so that slow readers cannot fill the memory.
 */
export class PieceWriter {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  async write(exchange: Exchange, pieces: readonly Buffer[]): Promise<void> {
    const { response } = exchange;
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    response.writeHead(200, { "Content-Type": "application/json", "Content-Length": length });
    if (exchange.method === "HEAD") {
      response.end();
      return;
    }
    if (length <= longBytes) {
      response.end(pieces.length === 1 ? pieces[0] : Buffer.concat(pieces, length));
      return;
    }
    if (this.#running >= mostLong) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#running++;
    try {
      for (const piece of pieces) {
        if (response.destroyed) return;
        if (!response.write(piece)) await drained(response);
      }
      response.end();
    } finally {
      this.#running--;
      this.#waiting.shift()?.();
    }
  }
}

/** Resolves when more can be written, or when the client is gone; one that reads nothing for long is cut off. */
export function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    if (response.destroyed || !response.writableNeedDrain) {
      resolve();
      return;
    }
    const timer = setTimeout(() => response.destroy(), stalledMs);
    const done = () => {
      clearTimeout(timer);
      response.off("drain", done).off("close", done);
      resolve();
    };
    response.on("drain", done).on("close", done);
  });
}
