import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { frame } from "./exchange.ts";
import type { FakeEngineState } from "./state.ts";

/**
 * Attach and exec: the connection is taken over and what comes in goes out again, framed as stdout unless the container
 * has a terminal; it ends when the client half-closes.
 */
export function hijack(
  state: FakeEngineState,
  path: string,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): void {
  const attach = /^\/containers\/(.+)\/attach$/.exec(path);
  const exec = /^\/exec\/([^/]+)\/start$/.exec(path);
  const session = path === "/session";
  const run = exec ? state.execs.get(exec[1] ?? "") : undefined;
  const container = state.findContainer(attach?.[1] ?? run?.containerId ?? "");
  if (!session && !container) {
    socket.end(
      'HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\n\r\n{"message":"No such container"}',
    );
    return;
  }
  const isTty = (run?.config ?? container?.config)?.["Tty"] === true;
  socket.write(
    `HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.${isTty ? "raw" : "multiplexed"}-stream\r\nConnection: Upgrade\r\nUpgrade: ${session ? "h2c" : "tcp"}\r\n\r\n`,
  );
  if (run) run.isRunning = true;
  let bodyLeft = Number(request.headers["content-length"] ?? 0);
  const onData = (chunk: Buffer) => {
    const skipped = Math.min(bodyLeft, chunk.length);
    bodyLeft -= skipped;
    const rest = chunk.subarray(skipped);
    if (rest.length > 0) socket.write(isTty || session ? rest : frame(1, rest));
  };
  if (head.length > 0) onData(head);
  socket.on("data", onData);
  socket.on("error", () => socket.destroy());
  socket.once("end", () => {
    if (run) run.isRunning = false;
    socket.end();
  });
}
