import { createServer, type IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { AppError } from "../../kit/errors.ts";
import { Dispatcher } from "./dispatch.ts";
import { Front } from "./front.ts";
import { type OpenListener, openListener, parseHost } from "./listen.ts";
import { createManager } from "./manager-state.ts";
import { createMetrics } from "./metrics.ts";
import type { ManagerOptions, RunningManager } from "./options.ts";
import { PrimaryLink } from "./primary-link.ts";

const defaultElectionWaitMs = 25_000;

/**
 * Serves the API of a standalone Swarm on every host given. The cluster and the leadership stay the caller's to close,
 * after the manager.
 * @throws AppError where a host cannot be listened on; nothing is left open then
 */
export async function startManager(options: ManagerOptions): Promise<RunningManager> {
  const { leadership, tls, clock, log } = options;
  if (options.hosts.length === 0) throw new AppError("NO_HOST", "no address to listen on was given");
  const addresses = options.hosts.map(parseHost);
  const waitMs = options.electionWaitMs ?? defaultElectionWaitMs;
  const primaryLink = leadership && new PrimaryLink({ leadership, tls, clock, waitMs });
  const manager = createManager(options, createMetrics(options), primaryLink);
  const dispatcher = new Dispatcher({
    manager,
    cors: options.cors ?? false,
    services: options.services ?? [],
  });
  const running = new Set<Promise<void>>();
  const track = (job: Promise<void>) => {
    running.add(job);
    void job.finally(() => running.delete(job));
  };

  const server = createServer({ keepAliveTimeout: 180_000, requestTimeout: 0, headersTimeout: 0 });
  const front = new Front(server);
  server.on("request", (request, response) => track(dispatcher.serve(request, response)));
  server.on("clientError", (_error, socket) => {
    if (socket.writable) socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
    else socket.destroy();
  });
  server.on("upgrade", (request, socket, head) => {
    socket.on("error", () => socket.destroy());
    if (dispatcher.wantsTakeover(request)) {
      track(dispatcher.take(request, { socket, head, isUpgrade: !front.isRaw(socket) }));
    } else if (socket instanceof Socket) front.inject(socket, withoutUpgrade(request, head));
    else socket.destroy();
  });

  const sockets = new Set<Socket>();
  const onSocket = (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    front.accept(socket);
  };
  const listeners: OpenListener[] = [];
  try {
    for (const address of addresses) {
      log.info("Listening for HTTP", { addr: address.text, proto: address.proto });
      listeners.push(await openListener(address, tls, onSocket));
    }
  } catch (error) {
    await Promise.all(listeners.map((listener) => listener.close()));
    manager.events.close();
    throw error;
  }

  return {
    listeners: listeners.map(({ url }) => url),
    async close() {
      const closed = Promise.all(listeners.map((listener) => listener.close()));
      manager.events.close();
      const grace = new AbortController();
      const timeUp = clock.delay(options.closeGraceMs ?? 2_000, grace.signal).catch(() => undefined); // all done before
      await Promise.race([Promise.allSettled(running), timeUp]);
      grace.abort();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** The head of a request whose wish for another protocol is not granted, and what came behind it. */
function withoutUpgrade(request: IncomingMessage, rest: Buffer): Buffer {
  const lines = [`${request.method} ${request.url} HTTP/${request.httpVersion}`];
  const { rawHeaders } = request;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? "";
    if (!/^(?:upgrade|connection|http2-settings)$/i.test(name)) lines.push(`${name}: ${rawHeaders[at + 1]}`);
  }
  return Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), rest]);
}
