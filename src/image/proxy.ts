import { type ClientRequestArgs, Agent as HttpAgent, type IncomingMessage, request } from "node:http";
import { Agent as HttpsAgent, type RequestOptions } from "node:https";
import type { Socket } from "node:net";
import { type Duplex, PassThrough } from "node:stream";
import { connect as tlsConnect } from "node:tls";
import type { Env } from "../kit/process.ts";

/**
 * Agents that go through the proxy which the environment names for a URL: https_proxy, http_proxy (lower case first) and
 * no_proxy, as curl(1) reads them. Empty without one.
 */
export function proxyAgents(url: string, env: Env): { http?: HttpAgent; https?: HttpsAgent } {
  const proxy = proxyFor(new URL(url), env);
  if (proxy === undefined) return {};
  return { http: new HttpThroughProxy(proxy), https: new HttpsThroughProxy(proxy) };
}

/** The proxy for a URL, or undefined. */
export function proxyFor(url: URL, env: Env): URL | undefined {
  const named = (name: string) => env[name] || env[name.toUpperCase()];
  const except = (named("no_proxy") ?? "").split(",").map((word) => word.trim().toLowerCase());
  const host = url.hostname.toLowerCase();
  const isExcepted = except.some((word) => {
    const bare = word.replace(/^\*?\./, "");
    return word === "*" || (bare !== "" && (host === bare || host.endsWith(`.${bare}`)));
  });
  if (isExcepted || host === "localhost" || host === "[::1]" || host.startsWith("127.")) return undefined;
  const address = url.protocol === "https:" ? named("https_proxy") : env["http_proxy"];
  if (!address) return undefined;
  return new URL(address.includes("://") ? address : `http://${address}`);
}

/** A tunnel through the proxy to host and port. */
function tunnel(proxy: URL, target: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const credentials = proxy.username
      ? {
          "proxy-authorization": `Basic ${Buffer.from(
            `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`,
          ).toString("base64")}`,
        }
      : {};
    const asking = request({
      host: proxy.hostname.replace(/^\[|\]$/g, ""),
      port: proxy.port || 80,
      method: "CONNECT",
      path: target,
      headers: { host: target, ...credentials },
      timeout: 30_000,
    });
    asking.once("connect", (response: IncomingMessage, socket: Socket) => {
      if (response.statusCode === 200) resolve(socket);
      else reject(new Error(`the proxy ${proxy.host} answered with status ${response.statusCode}`));
    });
    asking.once("timeout", () => asking.destroy(new Error(`the proxy ${proxy.host} does not answer`)));
    asking.once("error", reject);
    asking.end();
  });
}

type Done = (error: Error | null, stream: Duplex) => void;

/** Hands over what a promise gives; Node's types want a stream beside an error as well. */
function settle(opening: Promise<Duplex>, done: Done | undefined): undefined {
  opening.then(
    (stream) => done?.(null, stream),
    (error: Error) => done?.(error, new PassThrough()),
  );
}

class HttpThroughProxy extends HttpAgent {
  readonly #proxy: URL;

  constructor(proxy: URL) {
    super({ keepAlive: false });
    this.#proxy = proxy;
  }

  override createConnection(options: ClientRequestArgs, done?: Done): undefined {
    return settle(tunnel(this.#proxy, `${options.host}:${options.port ?? 80}`), done);
  }
}

class HttpsThroughProxy extends HttpsAgent {
  readonly #proxy: URL;

  constructor(proxy: URL) {
    super({ keepAlive: false });
    this.#proxy = proxy;
  }

  override createConnection(options: RequestOptions, done?: Done): undefined {
    const host = String(options.host);
    const opening = tunnel(this.#proxy, `${host}:${options.port ?? 443}`).then((socket) => {
      const { ca, rejectUnauthorized } = options;
      return tlsConnect({
        socket,
        servername: options.servername ?? host,
        ...(ca === undefined ? {} : { ca }),
        ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
      });
    });
    return settle(opening, done);
  }
}
