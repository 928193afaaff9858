import type { Server } from "node:http";
import type { Socket } from "node:net";

const longestHeadBytes = 80 * 1024;
const headTimeoutMs = 60_000;
const headEnd = Buffer.from("\r\n\r\n");

/**
 * Hands connections to the HTTP server, once it is known whether the first request on one is an attach in the form that
 * Docker clients used before 1.6: no "Upgrade" header, then raw bytes in both directions. Node's parser would take those
 * bytes for a next request, so such a head gets the header; `isRaw` tells the two forms apart.
 */
export class Front {
  readonly #server: Server;
  readonly #raw = new WeakSet<object>();

  constructor(server: Server) {
    this.#server = server;
  }

  /** Whether the first request on this connection came in the old form. */
  isRaw(socket: object): boolean {
    return this.#raw.has(socket);
  }

  accept(socket: Socket): void {
    let seen: Buffer = Buffer.alloc(0);
    const onError = () => socket.destroy();
    const onEnd = () => socket.destroy();
    const onTimeout = () => socket.destroy();
    const onData = (chunk: Buffer) => {
      seen = seen.length === 0 ? chunk : Buffer.concat([seen, chunk]);
      const end = seen.indexOf(headEnd);
      if (end < 0 && seen.length < longestHeadBytes && mayBeAttach(seen)) return;
      socket.off("data", onData).off("end", onEnd).off("timeout", onTimeout).off("error", onError);
      socket.setTimeout(0);
      socket.pause();
      this.#handOn(socket, seen, end);
    };
    socket.setNoDelay(true);
    socket.setTimeout(headTimeoutMs);
    socket.on("error", onError).on("end", onEnd).on("timeout", onTimeout).on("data", onData);
  }

  /** Gives a connection to the HTTP server with these bytes in front. */
  inject(socket: Socket, bytes: Buffer): void {
    socket.unshift(bytes);
    this.#server.emit("connection", socket);
    socket.resume();
  }

  #handOn(socket: Socket, seen: Buffer, end: number): void {
    const head = end < 0 ? "" : seen.toString("latin1", 0, end);
    if (!isOldAttach(head)) {
      this.inject(socket, seen);
      return;
    }
    this.#raw.add(socket);
    const headers = Buffer.from(`${head}\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n`, "latin1");
    this.inject(socket, Buffer.concat([headers, seen.subarray(end + headEnd.length)]));
  }
}

/** Whether the bytes can still become a POST; anything else need not be waited for. */
function mayBeAttach(seen: Buffer): boolean {
  return seen.toString("latin1", 0, 5) === "POST ".slice(0, seen.length);
}

function isOldAttach(head: string): boolean {
  const [line = "", ...headers] = head.split("\r\n");
  const action =
    /^POST (?:\/v[\d.]+)?\/(?:containers\/[^ ?]+\/(attach)|exec\/[^ ?]+\/(start))(?:\?[^ ]*)? HTTP/.exec(
      line,
    );
  if (!action) return false;
  if (headers.some((header) => /^(?:upgrade|transfer-encoding):/i.test(header))) return false;
  // a start of an exec that will be detached comes without the header and wants an ordinary answer
  const connection = headers.find((header) => /^connection:/i.test(header)) ?? "";
  return action[1] !== undefined || /:\s*(?:upgrade|close)/i.test(connection);
}
