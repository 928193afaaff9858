import { connect, createServer, type Socket } from "node:net";

/** A further address of a server: passes the bytes of every connection on, until it is closed. */
export async function startTcpRelay(addr: string): Promise<{ addr: string; close(): Promise<void> }> {
  const [host = "", port = ""] = addr.split(":");
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect({ host, port: Number(port) });
    for (const [socket, other] of [[near, far] as const, [far, near] as const]) {
      sockets.add(socket);
      socket.on("error", () => other.destroy());
      socket.once("close", () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const bound = server.address();
  return {
    addr: `127.0.0.1:${typeof bound === "object" && bound !== null ? bound.port : 0}`,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
