import type { Json } from "../../scheduler/model.ts";
import type { Exchange } from "../exchange.ts";
import { drained } from "./write-pieces.ts";

/** Writes one JSON object a line to a client, as several nodes report at once; each waits while the client is slow. */
export class LineWriter {
  readonly #exchange: Exchange;
  #draining: Promise<void> | undefined;

  /** Sends the head at once. */
  constructor(exchange: Exchange) {
    this.#exchange = exchange;
    exchange.response.writeHead(200, { "Content-Type": "application/json" });
    exchange.response.flushHeaders();
  }

  async write(line: Json): Promise<void> {
    const { response } = this.#exchange;
    if (response.destroyed) return;
    const isFull = !response.write(`${JSON.stringify(line)}\n`);
    if (!isFull && !this.#draining) return;
    this.#draining ??= drained(response).then(() => {
      this.#draining = undefined;
    });
    await this.#draining;
  }

  /** An error at the end of a stream whose status was sent long ago. */
  async fail(message: string): Promise<void> {
    await this.write({ error: message, errorDetail: { code: 1, message } });
  }

  end(): void {
    this.#exchange.response.end();
  }
}
