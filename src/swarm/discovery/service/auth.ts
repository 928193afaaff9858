import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { TLSSocket } from "node:tls";

interface AccessOptions {
  readonly requireClientCertFor: "nothing" | "register" | "everything";
  readonly bearerToken?: string;
}

/** Whether the request carries the service's bearer token (always true where none is asked for). */
export function presentsToken(request: IncomingMessage, options: AccessOptions): boolean {
  if (options.requireClientCertFor === "everything" && !hasVerifiedCertificate(request)) return false;
  if (options.bearerToken === undefined) return true;
  const given = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "")?.[1] ?? "";
  return timingSafeEqual(digest(given), digest(options.bearerToken));
}

/** Whether the request may create, register, delete or lock. */
export function mayWrite(request: IncomingMessage, options: AccessOptions): boolean {
  return options.requireClientCertFor === "nothing" || hasVerifiedCertificate(request);
}

function hasVerifiedCertificate(request: IncomingMessage): boolean {
  const { socket } = request;
  if (socket instanceof TLSSocket) return socket.authorized;
  return socket.remoteAddress === undefined; // a unix socket: its file mode says who may
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
