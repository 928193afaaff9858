import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Takeover } from "./exchange.ts";

const longestHeadBytes = 64 * 1024;

/** Request head as it goes to an engine or a primary; `path` with version and query. */
export function headText(
  request: IncomingMessage,
  path: string,
  host: string,
  isUpgrade: boolean,
  extra: readonly string[] = [],
): string {
  const lines = [`${request.method} ${path} HTTP/1.1`, `Host: ${host}`, ...extra];
  const { rawHeaders } = request;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? "";
    const lower = name.toLowerCase();
    if (lower === "host") continue;
    if (!isUpgrade && (lower === "upgrade" || lower === "connection")) continue;
    lines.push(`${name}: ${rawHeaders[at + 1]}`);
  }
  return `${lines.join("\r\n")}\r\n\r\n`;
}

/**
 * Joins the client's connection to one of the other side, on which the head was written already: bytes both ways, each
 * half closed by itself, neither read faster than the other takes. Resolves when both are over; never rejects.
 */
export async function joinConnections(takeover: Takeover, far: Duplex): Promise<void> {
  const { socket: near, head } = takeover;
  if (head.length > 0) far.write(head);
  const over = Promise.all([closed(near), closed(far)]);
  near.on("error", () => far.destroy());
  far.on("error", () => near.destroy());
  near.on("close", () => far.destroy());
  far.on("close", () => {
    if (!near.writableEnded) near.end();
  });
  near.pipe(far);
  passAnswer(far, near);
  await over;
}

/** Passes the answer's head as it is; one that refuses is told to be the last on the connection. */
function passAnswer(far: Duplex, near: Duplex): void {
  let seen: Buffer = Buffer.alloc(0);
  const onEnd = () => near.end(seen);
  const onData = (chunk: Buffer) => {
    seen = seen.length === 0 ? chunk : Buffer.concat([seen, chunk]);
    const end = seen.indexOf("\r\n\r\n");
    if (end < 0 && seen.length < longestHeadBytes) return;
    far.off("data", onData).off("end", onEnd);
    const head = seen.toString("latin1", 0, Math.max(end, 0));
    if (!/^HTTP\/1\.[01] (?:101|2\d\d)/.test(head)) {
      // an ordinary refusal: the other side must not wait for a further request, nor the client send one
      near.unpipe(far);
      near.resume();
      far.end();
      const closing = head.replace(/\r\nconnection:[^\r]*/gi, "");
      seen = Buffer.concat([Buffer.from(`${closing}\r\nConnection: close`, "latin1"), seen.subarray(end)]);
    }
    far.pause();
    near.write(seen);
    far.pipe(near);
  };
  far.on("data", onData).on("end", onEnd);
}

function closed(stream: Duplex): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed) resolve();
    else stream.once("close", () => resolve());
  });
}
