import type { ClientRequest } from "node:http";
import { isIP } from "node:net";
import { AppError, messageOf, systemCode } from "../kit/errors.ts";

/** What is needed to ask an engine over TLS; PEM texts. */
export interface EngineTarget {
  /** "tcp://host:port", "https://…", "http://…" (no TLS) or "unix:///path". */
  readonly url: string;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export interface EngineAnswer {
  /** "28.0.1"; "" where the other side does not tell. */
  readonly version: string;
  readonly apiVersion: string;
}

export type ProbeFailure = "unreachable" | "timeout" | "tls" | "refused" | "answer";

/** The engine did not answer as one; `why` tells certificates from networks. */
export class ProbeError extends AppError {
  readonly why: ProbeFailure;

  constructor(why: ProbeFailure, message: string, cause?: unknown) {
    super("ENGINE_NOT_ANSWERING", message, { cause });
    this.why = why;
  }
}

/** The seam by which engines are asked. */
export type ProbeEngine = typeof probeEngine;

/**
 * Asks for the version on the path without API version, which engines of every age answer. A real request: with TLS 1.3
 * a refused client certificate shows only after the handshake.
 */
export async function probeEngine(
  target: EngineTarget,
  options: { timeoutMs: number; signal?: AbortSignal },
): Promise<EngineAnswer> {
  const body = await get(target, "/version", options);
  return parseVersion(body);
}

function parseVersion(body: string): EngineAnswer {
  try {
    const answer: unknown = JSON.parse(body);
    if (typeof answer === "object" && answer !== null) {
      const text = (key: string) => String(Object.entries(answer).find(([name]) => name === key)?.[1] ?? "");
      return { version: text("Version"), apiVersion: text("ApiVersion") };
    }
  } catch {
    // reported below, like every other answer that is none
  }
  throw new ProbeError("answer", "the answer is not that of a Docker engine");
}

async function get(
  target: EngineTarget,
  path: string,
  options: { timeoutMs: number; signal?: AbortSignal },
): Promise<string> {
  const limit = AbortSignal.timeout(options.timeoutMs);
  const signal = options.signal === undefined ? limit : AbortSignal.any([limit, options.signal]);
  try {
    const request = await requestTo(target, path, signal);
    return await bodyOf(request);
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw classify(error, target.url, limit.aborted, options);
  }
}

async function requestTo(target: EngineTarget, path: string, signal: AbortSignal): Promise<ClientRequest> {
  const url = new URL(target.url);
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const common = { path, agent: false, signal, headers: { connection: "close" } };
  if (url.protocol === "unix:" || url.protocol === "http:") {
    const { request } = await import("node:http");
    if (url.protocol === "http:") return request({ ...common, host, port: Number(url.port || 80) });
    const headers = { ...common.headers, host: "docker" };
    return request({ ...common, headers, socketPath: decodeURIComponent(url.pathname) });
  }
  const { request } = await import("node:https");
  const { ca, cert, key } = target;
  // an IP is no name for SNI, but is still checked against the certificate
  const name = isIP(host) === 0 ? { servername: host } : {};
  return request({ ...common, host, port: Number(url.port || 443), ca, cert, key, ...name });
}

function bodyOf(request: ClientRequest): Promise<string> {
  return new Promise((resolve, reject) => {
    request.on("error", reject);
    request.on("response", (answer) => {
      let body = "";
      answer.setEncoding("utf8");
      answer.on("data", (chunk: string) => {
        body += chunk;
        if (body.length > 1_000_000) answer.destroy(new ProbeError("answer", "the answer is too long"));
      });
      answer.on("error", reject);
      answer.on("end", () => {
        if (answer.statusCode === 200) resolve(body);
        else reject(new ProbeError("answer", `the answer's status is ${answer.statusCode}`));
      });
    });
    request.end();
  });
}

const unreachableCodes = new Set([
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EHOSTDOWN",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ENOENT",
  "EACCES",
]);

function classify(
  error: unknown,
  url: string,
  timedOut: boolean,
  options: { timeoutMs: number; signal?: AbortSignal },
): unknown {
  if (options.signal?.aborted) return options.signal.reason;
  if (timedOut)
    return new ProbeError("timeout", `${url} did not answer within ${options.timeoutMs / 1000} s`, error);
  const code = systemCode(error) ?? "";
  if (unreachableCodes.has(code))
    return new ProbeError("unreachable", `${url} cannot be reached: ${messageOf(error)}`, error);
  if (/ALERT|TLSV1|SSLV3|EPROTO/.test(code) && /alert/i.test(messageOf(error))) {
    return new ProbeError("refused", `${url} refused the client certificate`, error);
  }
  if (/^(ERR_TLS|ERR_SSL|EPROTO|CERT_|DEPTH_|SELF_|UNABLE_|HOSTNAME_|ERR_OSSL)/.test(code)) {
    return new ProbeError("tls", `${url}: ${messageOf(error)}`, error);
  }
  // a peer that dislikes the client may just cut the line
  if (code === "ECONNRESET" || code === "EPIPE")
    return new ProbeError("refused", `${url} closed the connection`, error);
  return new ProbeError("unreachable", `${url} cannot be asked: ${messageOf(error)}`, error);
}
