import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { AppError, messageOf, systemCode } from "../../../kit/errors.ts";

export interface ServerTls {
  cert: string;
  key: string;
  ca?: string;
  /** Whether a client must show a certificate of `ca`. */
  verify: boolean;
}

export interface Listening {
  /** "host:port" as it was bound. */
  readonly address: string;
  close(): Promise<void>;
}

/** Reads "tcp://host:port", "host:port" or ":port". */
function parseListenAddress(text: string): { host: string; port: number } {
  const [, host = "", port = ""] = /^(?:tcp:\/\/)?(.*):([0-9]{1,5})$/.exec(text) ?? [];
  if (port === "" || Number(port) > 65_535) {
    throw new AppError("BAD_LISTEN_ADDRESS", `"${text}" is no address to listen on`, {
      hint: "write it as tcp://host:port",
      exitCode: 2,
    });
  }
  return { host: host.replace(/^\[|\]$/g, "") || "::", port: Number(port) };
}

/** Opens an HTTP(S) server for small answers; slow or endless clients are cut off. */
export async function listen(
  text: string,
  handler: (request: IncomingMessage, response: ServerResponse) => void,
  tls?: ServerTls,
): Promise<Listening> {
  const { host, port } = parseListenAddress(text);
  const server = await makeServer(handler, tls);
  server.requestTimeout = 30_000;
  server.headersTimeout = 10_000;
  server.maxConnections = 10_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(cannotListen(text, error)));
    server.listen(port, host, () => resolve());
  });
  const bound = server.address();
  const boundPort = typeof bound === "object" && bound !== null ? bound.port : port;
  return {
    address: `${host.includes(":") ? `[${host}]` : host}:${boundPort}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function makeServer(
  handler: (request: IncomingMessage, response: ServerResponse) => void,
  tls: ServerTls | undefined,
): Promise<Server> {
  if (tls === undefined) {
    const { createServer } = await import("node:http");
    return createServer(handler);
  }
  const { createServer } = await import("node:https");
  const { cert, key, ca, verify } = tls;
  return createServer(
    {
      cert,
      key,
      ...(ca === undefined ? {} : { ca }),
      requestCert: verify,
      rejectUnauthorized: verify,
      minVersion: "TLSv1.2",
    },
    handler,
  );
}

function cannotListen(text: string, error: Error): AppError {
  const address = text.replace(/^tcp:\/\//, "");
  const why = systemCode(error) === "EADDRINUSE" ? "bind: address already in use" : messageOf(error);
  return new AppError("CANNOT_LISTEN", `listen tcp ${address}: ${why}`, { cause: error });
}
