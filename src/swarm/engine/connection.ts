import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { CallGuard } from "./guard.ts";
import type { EngineTlsContext } from "./tls.ts";

/** "host:port" or "[::1]:port"; port 2375 where none is named. */
export function splitAddr(addr: string): { host: string; port: number } {
  const found = /^(?:\[([^\]]+)\]|([^:]*))(?::(\d+))?$/.exec(addr);
  const host = found?.[1] ?? found?.[2] ?? addr;
  return { host, port: Number(found?.[3] ?? 2375) };
}

export interface ConnectionOptions {
  host: string;
  port: number;
  tls: EngineTlsContext | undefined;
}

/** A raw connection that can be half-closed, established and verified. */
export function openConnection(options: ConnectionOptions, guard: CallGuard): Promise<Socket> {
  const { host, port, tls } = options;
  return new Promise((resolve, reject) => {
    const socket = tls
      ? connectTls(tlsOptions(host, port, tls))
      : connectTcp({ host, port, allowHalfOpen: true });
    guard.watch(socket);
    socket.once("error", reject);
    socket.once(tls ? "secureConnect" : "connect", () => {
      socket.off("error", reject);
      socket.setKeepAlive(true, 30_000);
      socket.setNoDelay(true);
      resolve(socket);
    });
  });
}

function tlsOptions(host: string, port: number, tls: EngineTlsContext) {
  return {
    host,
    port,
    secureContext: tls.secureContext,
    rejectUnauthorized: tls.verify,
    allowHalfOpen: true,
    ...(isIP(host) ? {} : { servername: host }),
  };
}
