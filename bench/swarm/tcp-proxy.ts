// The least that any proxy does: copies bytes of TCP connections to one address. A baseline for the raw proxy.
//   tsx tcp-proxy.ts <port of the target>      prints {"port": …}, ends with its parent
import { connect, createServer } from "node:net";

const target = Number(process.argv[2]);
const server = createServer({ noDelay: true }, (near) => {
  const far = connect({ host: "127.0.0.1", port: target, noDelay: true });
  near.on("error", () => far.destroy());
  far.on("error", () => near.destroy());
  near.pipe(far);
  far.pipe(near);
});
server.listen(0, "127.0.0.1", () => {
  const bound = server.address();
  if (typeof bound === "object" && bound !== null)
    process.stdout.write(`${JSON.stringify({ port: bound.port })}\n`);
});
process.stdin.resume().once("end", () => process.exit(0));
