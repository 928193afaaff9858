import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import { type ConnectionOptions, connect as tlsConnect } from "node:tls";
import { type OpenStream, swarmEngineOver } from "../cluster/engine-http.ts";
import type { SwarmTools } from "../cluster/swarm-machine.ts";
import { engineTarget } from "../machine/certificates.ts";
import type { MachineContext } from "../machine/context.ts";
import type { Machine } from "../machine/machine.ts";

const socketPath = "/var/run/docker.sock";

/** The outside world as the Swarm's steps use it. */
export function swarmTools(machines: MachineContext, localImage: SwarmTools["localImage"]): SwarmTools {
  return {
    localImage,
    engineOf: async (machine, task) => task(swarmEngineOver(await engineStream(machine))),
    managerInfo: async (machine, { host, port }) => {
      const stream = await tlsStream(machine, host, port);
      return JSON.parse(await get(stream, "/info", machines.deadlines.tlsMs));
    },
  };
}

/** Through the machine's own connection where its socket can be opened, else over TLS. */
async function engineStream(machine: Machine): Promise<OpenStream> {
  try {
    const connection = await machine.ssh();
    const first = await connection.forward({ socketPath });
    first.destroy();
    return () => connection.forward({ socketPath });
  } catch (error) {
    machine.ctx.log.debug(
      `${machine.name}: the engine's socket cannot be opened over SSH (${String(error)}); using TLS`,
    );
    const url = new URL(await machine.driver.url());
    const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
    return () => tlsStream(machine, host, Number(url.port || 2376));
  }
}

async function tlsStream(machine: Machine, host: string, port: number): Promise<Duplex> {
  const { ca, cert, key } = await engineTarget(machine.record.HostOptions.AuthOptions, "");
  const options: ConnectionOptions = { host, port, ca, cert, key };
  if (isIP(host) === 0) options.servername = host;
  const limit = machine.ctx.deadlines.tlsMs;
  return new Promise((resolve, reject) => {
    const socket = tlsConnect(options, () => {
      socket.setTimeout(0);
      resolve(socket);
    });
    socket.setTimeout(limit, () => socket.destroy(new Error(`no answer within ${limit / 1000} s`)));
    socket.once("error", reject);
  });
}

async function get(stream: Duplex, path: string, limitMs: number): Promise<string> {
  const { request } = await import("node:http");
  return new Promise((resolve, reject) => {
    const call = request({
      path,
      createConnection: () => stream,
      headers: { host: "docker", connection: "close" },
      signal: AbortSignal.timeout(limitMs),
    });
    call.on("error", reject);
    call.on("response", (answer) => {
      const parts: Buffer[] = [];
      answer.on("data", (part: Buffer) => parts.push(part));
      answer.on("error", reject);
      answer.on("end", () => {
        const body = Buffer.concat(parts).toString("utf8");
        if (answer.statusCode === 200) resolve(body);
        else reject(new Error(`${path} answered ${answer.statusCode}: ${body.trim()}`));
      });
    });
    call.end();
  });
}
