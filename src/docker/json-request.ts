import type { ClientRequest, IncomingMessage } from "node:http";
import { isIP } from "node:net";

/** Where an engine listens, and with which certificates; in the form that dockerode takes as well. */
export interface EngineTarget {
  readonly protocol: "http" | "https";
  readonly host: string;
  readonly port?: number;
  readonly socketPath?: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** One call of the engine's API. */
export interface JsonCall {
  readonly method: string;
  readonly path: string;
  /** undefined: no body. */
  readonly body: unknown;
  /** Ends the call, wherever it is. */
  readonly signal?: AbortSignal;
  /** Called whenever a part of the answer arrives. */
  readonly onPart?: () => void;
}

/**
 * Makes one call and reads its whole answer. `ls` asks engines by it: a client library would cost it more time than all
 * the rest of the command.
 */
export async function jsonRequest(
  target: EngineTarget,
  call: JsonCall,
): Promise<{ status: number; text: string }> {
  const body = JSON.stringify(call.body) ?? "";
  const answer = await send(await requestTo(target, call, Buffer.byteLength(body)), body);
  const parts: Buffer[] = [];
  call.onPart?.();
  for await (const part of answer) {
    parts.push(Buffer.from(part));
    call.onPart?.();
  }
  return { status: answer.statusCode ?? 200, text: Buffer.concat(parts).toString("utf8") };
}

async function requestTo(target: EngineTarget, call: JsonCall, length: number): Promise<ClientRequest> {
  const { socketPath, host, port, ca, cert, key } = target;
  // engines want the type also for calls that have no body
  const headers = { "Content-Type": "application/json", "Content-Length": length, Connection: "close" };
  const stop = call.signal === undefined ? {} : { signal: call.signal };
  const common = { method: call.method, path: call.path, agent: false, headers, ...stop };
  if (target.protocol === "https") {
    const { request } = await import("node:https");
    // an IP is no name for SNI, but is still checked against the certificate
    const name = isIP(host) === 0 ? { servername: host } : {};
    return request({ ...common, host, port, ca, cert, key, ...name });
  }
  const { request } = await import("node:http");
  if (socketPath === undefined) return request({ ...common, host, port });
  return request({ ...common, headers: { ...headers, Host: "docker" }, socketPath });
}

function send(request: ClientRequest, body: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once("response", resolve);
    request.once("error", reject);
    request.end(body);
  });
}
