import { chmod, unlink } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { AppError, messageOf, systemCode } from "../../kit/errors.ts";
import type { ManagerTls } from "./options.ts";

export type ListenAddress =
  | { readonly proto: "tcp"; readonly text: string; readonly host: string; readonly port: number }
  | { readonly proto: "unix"; readonly text: string; readonly path: string };

/** Reads "tcp://host:port", "host:port", ":port" or "unix:///path". @throws UNSUPPORTED_PROTOCOL, BAD_LISTEN_ADDRESS */
export function parseHost(host: string): ListenAddress {
  const [, proto = "tcp", text = ""] = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(.*)$/i.exec(host) ?? [];
  if (proto === "unix" && text !== "") return { proto, text, path: text };
  if (proto !== "tcp") throw new AppError("UNSUPPORTED_PROTOCOL", `unsupported protocol: "${proto}"`);
  const [, address = "", port = ""] = /^(.*):(\d{1,5})\/?$/.exec(text) ?? [];
  if (port === "" || Number(port) > 65_535) {
    throw new AppError("BAD_LISTEN_ADDRESS", `listen tcp: address ${text}: missing port in address`, {
      hint: "write it as tcp://host:port",
    });
  }
  return { proto, text, host: address.replace(/^\[|\]$/g, ""), port: Number(port) };
}

export interface OpenListener {
  /** As bound: "tcp://127.0.0.1:2375". */
  readonly url: string;
  close(): Promise<void>;
}

/** Listens and hands over each connection, after its TLS handshake where there is one. @throws CANNOT_LISTEN */
export async function openListener(
  address: ListenAddress,
  tls: ManagerTls | undefined,
  onSocket: (socket: Socket) => void,
): Promise<OpenListener> {
  if (address.proto === "unix") await removeStale(address.path);
  const server = tls && address.proto === "tcp" ? tlsServer(tls, onSocket) : plainServer(onSocket);
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(cannotListen(address, error)));
    if (address.proto === "unix") server.listen({ path: address.path, backlog: 1024 }, resolve);
    else {
      // without a host: all addresses, IPv6's too where there are any
      const where = address.host === "" ? {} : { host: address.host };
      server.listen({ port: address.port, backlog: 1024, ...where }, resolve);
    }
  });
  server.on("error", () => undefined); // a connection that could not be accepted is none
  if (address.proto === "unix") await chmod(address.path, 0o660);
  return {
    url: urlOf(address, server),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function plainServer(onSocket: (socket: Socket) => void): Server {
  return createServer({ allowHalfOpen: true }, onSocket);
}

function tlsServer(tls: ManagerTls, onSocket: (socket: Socket) => void): Server {
  const { cert, key, ca, verify } = tls;
  const server = createTlsServer(
    {
      cert,
      key,
      ...(ca === undefined ? {} : { ca }),
      requestCert: verify,
      rejectUnauthorized: verify,
      minVersion: "TLSv1.2",
      ALPNProtocols: ["http/1.1"],
      handshakeTimeout: 30_000,
      allowHalfOpen: true,
    },
    onSocket,
  );
  server.on("tlsClientError", (_error, socket) => socket.destroy());
  return server;
}

/** A socket file that nobody listens on is left over from a manager that was killed. */
async function removeStale(path: string): Promise<void> {
  const isServed = await new Promise<boolean>((resolve) => {
    const probe = connect({ path });
    probe.once("connect", () => {
      probe.destroy();
      resolve(true);
    });
    probe.once("error", (error) => resolve(systemCode(error) !== "ECONNREFUSED"));
  });
  if (!isServed) await unlink(path);
}

function urlOf(address: ListenAddress, server: Server): string {
  if (address.proto === "unix") return `unix://${address.path}`;
  const bound = server.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : address.port;
  const host = address.host.includes(":") ? `[${address.host}]` : address.host;
  return `tcp://${host}:${port}`;
}

function cannotListen(address: ListenAddress, error: Error): AppError {
  const code = systemCode(error);
  const why =
    code === "EADDRINUSE"
      ? "bind: address already in use"
      : code === "EACCES"
        ? "bind: permission denied"
        : messageOf(error);
  return new AppError("CANNOT_LISTEN", `listen ${address.proto} ${address.text}: ${why}`, { cause: error });
}
