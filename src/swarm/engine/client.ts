import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { Duplex, Readable } from "node:stream";

export interface EngineRequest {
  method: string;
  /** Path and query without version prefix; the client adds the engine's version unless `apiVersion` is given. */
  path: string;
  headers?: Readonly<Record<string, string | string[] | undefined>>;
  body?: Readable | Uint8Array | string;
  /** Limit until the answer's header; undefined: no limit (streams). */
  timeoutMs?: number;
  signal?: AbortSignal;
  /** "1.41", or "" for the unversioned path; default: what was negotiated. */
  apiVersion?: string;
}

export interface EngineAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: unknown;
}

/** A whole answer as it came. */
export interface EngineBytes {
  status: number;
  headers: IncomingHttpHeaders;
  bytes: Buffer;
}

/** HTTP(S) to one engine over one keep-alive agent; every call counts toward the engine's health. */
export interface EngineClient {
  /** host:port as discovery gave it. */
  readonly addr: string;
  /** Negotiated API version; the engine's minimum and maximum. */
  readonly apiVersion: string;
  readonly minApiVersion: string;
  readonly maxApiVersion: string;
  /** Reads the whole JSON answer (at most 64 MiB); rejects with EngineHttpError for status ≥ 400. */
  json(request: EngineRequest): Promise<EngineAnswer>;
  /** Reads the whole answer (at most 64 MiB) without parsing it; rejects as json does. */
  read(request: EngineRequest): Promise<EngineBytes>;
  /** The raw answer for piping; never rejects for a status. */
  stream(request: EngineRequest): Promise<IncomingMessage>;
  /** A new connection with the request written by the caller, for hijacking. */
  connect(signal?: AbortSignal): Promise<Duplex>;
  /**
   * The version nearest to `wanted` that the engine speaks, for bodies that a client wrote; the negotiated one for "".
   */
  nearestApiVersion(wanted: string): string;
  close(): void;
}
