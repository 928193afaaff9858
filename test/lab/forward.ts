import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";

/** A port of 127.0.0.1 whose connections go to an address inside a network namespace; needs socat. */
export async function forwardInto(
  namespace: string,
  { host, port }: { host: string; port: number },
): Promise<{ port: number; stop(): Promise<void> }> {
  const children = new Set<ChildProcess>();
  const server = createServer((socket) => {
    const child = spawn(
      "nsenter",
      [`--net=/run/netns/${namespace}`, "socat", "-t", "5", "-", `TCP:${host}:${port}`],
      { stdio: ["pipe", "pipe", "ignore"] },
    );
    children.add(child);
    child.once("exit", () => {
      children.delete(child);
      socket.end();
    });
    for (const stream of [socket, child.stdin, child.stdout]) stream.on("error", () => child.kill());
    socket.pipe(child.stdin);
    child.stdout.pipe(socket);
    socket.once("close", () => child.kill());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const bound = server.address();
  return {
    port: bound !== null && typeof bound === "object" ? bound.port : 0,
    async stop() {
      for (const child of children) child.kill();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
