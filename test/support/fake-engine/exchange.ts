import type { IncomingMessage, ServerResponse } from "node:http";
import type { Json } from "./objects.ts";
import type { FakeEngineState } from "./state.ts";

/** One request under way. */
export interface Exchange {
  readonly state: FakeEngineState;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** What the route's pattern captured, decoded. */
  readonly params: readonly string[];
  readonly query: URLSearchParams;
  readonly body: () => Promise<Json>;
  readonly json: (status: number, value: unknown) => void;
  /** An answer without body. */
  readonly empty: (status: number) => void;
  readonly fail: (status: number, message: string) => void;
}

export type Handler = (exchange: Exchange) => void | Promise<void>;

export interface Route {
  readonly method: string;
  /** Matched against the path without version. */
  readonly pattern: RegExp;
  readonly handle: Handler;
}

export function route(method: string, pattern: RegExp, handle: Handler): Route {
  return { method, pattern, handle };
}

/** A frame of the multiplexed stream: 1 stdout, 2 stderr. */
export function frame(stream: 1 | 2, payload: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(payload.length, 4);
  return Buffer.concat([header, payload]);
}

export function isTrue(value: string | null): boolean {
  return value !== null && value !== "" && value !== "0" && value.toLowerCase() !== "false";
}
