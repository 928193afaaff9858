import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { SwarmError } from "../errors.ts";
import type { Manager } from "./manager-state.ts";
import { parseClientJson } from "./request-json.ts";

/** The connection of a client that asked to switch protocols, with what it sent behind the head. */
export interface Takeover {
  readonly socket: Duplex;
  readonly head: Buffer;
  /** Whether the client said "Upgrade"; else it expects the older raw answer. */
  readonly isUpgrade: boolean;
}

const smallBodyBytes = 8 * 1024 * 1024;
/** A client that has not said all cannot read an answer; so much is read for that alone. */
const mostThrownAwayBytes = 64 * 1024 * 1024;

function tooLarge(): SwarmError {
  return new SwarmError(413, "the request's body is too large");
}

/** One request of a client and its answer. */
export class Exchange {
  readonly manager: Manager;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** "1.41"; "" where the path named none. */
  readonly apiVersion: string;
  /** Without version prefix and query, still encoded. */
  readonly path: string;
  /** Without "?"; "" where there is none. */
  readonly rawQuery: string;
  /** Decoded parts of the path, in the order of the route's pattern. */
  readonly params: readonly string[];
  readonly takeover: Takeover | undefined;
  #query: URLSearchParams | undefined;
  #abort: AbortController | undefined;

  constructor(parts: {
    manager: Manager;
    request: IncomingMessage;
    response: ServerResponse;
    apiVersion: string;
    path: string;
    rawQuery: string;
    params: readonly string[];
    takeover: Takeover | undefined;
  }) {
    this.manager = parts.manager;
    this.request = parts.request;
    this.response = parts.response;
    this.apiVersion = parts.apiVersion;
    this.path = parts.path;
    this.rawQuery = parts.rawQuery;
    this.params = parts.params;
    this.takeover = parts.takeover;
  }

  get method(): string {
    return this.request.method ?? "GET";
  }

  get query(): URLSearchParams {
    this.#query ??= new URLSearchParams(this.rawQuery);
    return this.#query;
  }

  /** The first part of the path that the route's pattern took. */
  get name(): string {
    return this.params[0] ?? "";
  }

  /** As Docker reads flags: absent, "", "0", "no", "false" and "none" are false. */
  flag(key: string): boolean {
    const value = (this.query.get(key) ?? "").trim().toLowerCase();
    return !["", "0", "no", "false", "none"].includes(value);
  }

  /** Aborts when the client goes away before its answer is complete. */
  get signal(): AbortSignal {
    if (!this.#abort) {
      const abort = new AbortController();
      this.#abort = abort;
      const gone = this.takeover?.socket ?? this.response;
      const onClose = () => {
        if (!this.response.writableFinished) abort.abort(new Error("the client went away"));
      };
      if (gone.destroyed) abort.abort(new Error("the client went away"));
      else gone.once("close", onClose);
    }
    return this.#abort.signal;
  }

  header(name: string): string | undefined {
    const value = this.request.headers[name];
    return Array.isArray(value) ? value[0] : value;
  }

  json(status: number, body: unknown): void {
    this.text(status, JSON.stringify(body), "application/json");
  }

  text(status: number, text: string, contentType: string, headers: OutgoingHttpHeaders = {}): void {
    const bytes = Buffer.from(text); // Node writes long strings far slower than bytes
    this.response.writeHead(status, {
      "Content-Type": contentType,
      "Content-Length": bytes.length,
      ...headers,
    });
    this.response.end(this.method === "HEAD" ? undefined : bytes);
  }

  empty(status: number): void {
    this.response.writeHead(status);
    this.response.end();
  }

  /** Reads a small body whole. @throws SwarmError 413 beyond 8 MiB, after what else comes was thrown away */
  readBody(): Promise<Buffer> {
    const { request } = this;
    const chunks: Buffer[] = this.takeover ? [this.takeover.head] : [];
    let size = 0;
    return new Promise((resolve, reject) => {
      request.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size <= smallBodyBytes) chunks.push(chunk);
        else if (size > mostThrownAwayBytes) request.destroy(tooLarge());
        else chunks.length = 0;
      });
      request.once("end", () => {
        if (size <= smallBodyBytes) resolve(Buffer.concat(chunks));
        else reject(tooLarge());
      });
      request.once("error", reject);
      request.once("close", () => reject(new Error("the client went away")));
    });
  }

  /** Reads a JSON object. @throws SwarmError 400 for anything else */
  async readJson(): Promise<Record<string, unknown>> {
    return parseClientJson((await this.readBody()).toString("utf8"));
  }
}
