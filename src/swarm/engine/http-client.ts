import { Agent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as TlsAgent, request as tlsRequest } from "node:https";
import type { Duplex } from "node:stream";
import { Readable } from "node:stream";
import {
  clampApiVersion,
  compareApiVersions,
  isApiVersion,
  newestKnownApiVersion,
  oldestApiVersion,
} from "./api-version.ts";
import type { EngineAnswer, EngineBytes, EngineClient, EngineRequest } from "./client.ts";
import { openConnection, splitAddr } from "./connection.ts";
import { EngineHttpError, EngineUnreachableError } from "./errors.ts";
import { explainFailure } from "./failure.ts";
import { CallGuard } from "./guard.ts";
import type { EngineTlsContext } from "./tls.ts";

export interface EngineClientOptions {
  addr: string;
  tls: EngineTlsContext | undefined;
  /** Limit of a whole json() or read() that names none, and of a dial. */
  timeoutMs: number;
  /** Hears of every call: undefined for one that the engine answered, else why it could not be reached. */
  onOutcome: (failure: EngineUnreachableError | undefined) => void;
}

/** Idle connections beyond the one that pings keep warm are given up. */
const idleMs = 20_000;
const maxBodyBytes = 64 * 1024 * 1024;

/** The client of one engine; speaks no version until `negotiate` has learned one. */
export class HttpEngineClient implements EngineClient {
  readonly addr: string;
  apiVersion = "";
  minApiVersion = oldestApiVersion;
  maxApiVersion = oldestApiVersion;
  readonly #options: EngineClientOptions;
  readonly #host: string;
  readonly #port: number;
  readonly #agent: Agent;
  #isClosed = false;

  constructor(options: EngineClientOptions) {
    this.#options = options;
    this.addr = options.addr;
    ({ host: this.#host, port: this.#port } = splitAddr(options.addr));
    const pool = { keepAlive: true, maxFreeSockets: 8, timeout: idleMs };
    this.#agent = options.tls
      ? new TlsAgent({
          ...pool,
          secureContext: options.tls.secureContext,
          rejectUnauthorized: options.tls.verify,
        })
      : new Agent(pool);
  }

  /** Takes over what the engine says of itself in GET /version; goes up as well as down. */
  negotiate(version: { ApiVersion?: unknown; MinAPIVersion?: unknown }): void {
    const { ApiVersion: max, MinAPIVersion: min } = version;
    this.maxApiVersion = typeof max === "string" && isApiVersion(max) ? max : oldestApiVersion;
    this.minApiVersion = typeof min === "string" && isApiVersion(min) ? min : oldestApiVersion;
    if (compareApiVersions(this.minApiVersion, this.maxApiVersion) > 0)
      this.minApiVersion = this.maxApiVersion;
    this.apiVersion = clampApiVersion(newestKnownApiVersion, this.minApiVersion, this.maxApiVersion);
  }

  nearestApiVersion(wanted: string): string {
    if (!isApiVersion(wanted)) return this.apiVersion;
    return clampApiVersion(wanted, this.minApiVersion, this.maxApiVersion);
  }

  async json(request: EngineRequest): Promise<EngineAnswer> {
    const { status, headers, bytes } = await this.read(request);
    if (bytes.length === 0) return { status, headers, body: undefined };
    try {
      const body: unknown = JSON.parse(bytes.toString("utf8"));
      return { status, headers, body };
    } catch (error) {
      const what = `${request.method} ${request.path}`;
      throw new EngineUnreachableError(`the engine at ${this.addr} answered ${what} with bad JSON`, {
        cause: error,
      });
    }
  }

  async read(request: EngineRequest): Promise<EngineBytes> {
    const guard = new CallGuard(request.timeoutMs ?? this.#options.timeoutMs, request.signal);
    try {
      const answer = await this.#send(request, guard);
      const bytes = await collect(answer, this.addr);
      const status = answer.statusCode ?? 0;
      if (status >= 400) throw new EngineHttpError(status, errorText(bytes, answer));
      this.#options.onOutcome(undefined);
      return { status, headers: answer.headers, bytes };
    } catch (error) {
      throw this.#judge(error, request.signal, guard.timedOutAfterMs);
    } finally {
      guard.dispose();
    }
  }

  async stream(request: EngineRequest): Promise<IncomingMessage> {
    const guard = new CallGuard(request.timeoutMs, request.signal);
    try {
      const answer = await this.#send(request, guard);
      guard.endLimit();
      answer.once("close", () => guard.dispose());
      this.#options.onOutcome(undefined);
      return answer;
    } catch (error) {
      guard.dispose();
      throw this.#judge(error, request.signal, guard.timedOutAfterMs);
    }
  }

  async connect(signal?: AbortSignal): Promise<Duplex> {
    const { tls, timeoutMs } = this.#options;
    const guard = new CallGuard(timeoutMs, signal);
    try {
      return await openConnection({ host: this.#host, port: this.#port, tls }, guard);
    } catch (error) {
      throw this.#judge(error, signal, guard.timedOutAfterMs);
    } finally {
      guard.dispose();
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#agent.destroy();
  }

  /** Resolves with the answer's header; a GET is sent again where an idle connection turned out dead. */
  async #send(request: EngineRequest, guard: CallGuard): Promise<IncomingMessage> {
    for (let tries = 0; tries < 10; tries++) {
      const answer = await this.#sendOnce(request, guard);
      if (answer !== "stale") return answer;
    }
    throw new Error("the connection was reset");
  }

  #sendOnce(request: EngineRequest, guard: CallGuard): Promise<IncomingMessage | "stale"> {
    const { method, body } = request;
    const version = request.apiVersion ?? this.apiVersion;
    const send = this.#options.tls ? tlsRequest : httpRequest;
    const sized = typeof body === "string" || body instanceof Uint8Array;
    const isRepeatable = method === "GET" || method === "HEAD";
    return new Promise((resolve, reject) => {
      const outgoing = send({
        host: this.#host,
        port: this.#port,
        method,
        path: version === "" ? request.path : `/v${version}${request.path}`,
        agent: this.#agent,
        headers: {
          Host: this.addr,
          ...definedHeaders(request.headers),
          ...(sized ? { "Content-Length": Buffer.byteLength(body) } : {}),
        },
      });
      guard.watch(outgoing);
      outgoing.once("response", resolve);
      outgoing.on("error", (error: NodeJS.ErrnoException) => {
        const isStale = outgoing.reusedSocket && (error.code === "ECONNRESET" || error.code === "EPIPE");
        if (isStale && isRepeatable && !guard.isOver) resolve("stale");
        else reject(error);
      });
      if (body instanceof Readable) {
        body.once("error", (error) => outgoing.destroy(error));
        outgoing.once("close", () => body.unpipe(outgoing));
        body.pipe(outgoing);
      } else outgoing.end(body);
    });
  }

  /** What to throw for a failed call; connection failures are counted, statuses are an answer. */
  #judge(error: unknown, signal: AbortSignal | undefined, timedOutAfterMs: number | undefined): unknown {
    if (error instanceof EngineHttpError) {
      this.#options.onOutcome(undefined);
      return error;
    }
    if (signal?.aborted || this.#isClosed) return error;
    const failure =
      error instanceof EngineUnreachableError ? error : explainFailure(error, this.addr, timedOutAfterMs);
    this.#options.onOutcome(failure);
    return failure;
  }
}

function definedHeaders(headers: EngineRequest["headers"]): Record<string, string | string[]> {
  const defined: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers ?? {})) if (value !== undefined) defined[name] = value;
  return defined;
}

async function collect(answer: IncomingMessage, addr: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer) {
    const bytes: unknown = chunk;
    if (!(bytes instanceof Buffer)) continue;
    size += bytes.length;
    if (size > maxBodyBytes) {
      answer.destroy();
      throw new EngineUnreachableError(`the engine at ${addr} sent more than ${maxBodyBytes} bytes`);
    }
    chunks.push(bytes);
  }
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, size);
}

/** The engine's own words: `{"message": …}` of today's, plain text of old ones. */
function errorText(bytes: Buffer, answer: IncomingMessage): string {
  const text = bytes
    .toString("utf8")
    .slice(0, 64 * 1024)
    .trim();
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === "object" && parsed !== null && "message" in parsed) return String(parsed.message);
  } catch {
    // not JSON: the text itself
  }
  return text === "" ? `${answer.statusCode} ${answer.statusMessage ?? ""}`.trim() : text;
}
