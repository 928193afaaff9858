import {
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { AppError, isAppError, messageOf } from "../../kit/errors.ts";
import type { DiscoveryTls } from "./discovery.ts";

export interface HttpCall {
  method?: string;
  /** Path and query below the endpoint's own path. */
  path: string;
  headers?: Readonly<Record<string, string>>;
  body?: string;
  /** No endpoint but the first is asked when the time is over. */
  isLongPoll?: boolean;
  /** For the whole answer. */
  timeoutMs: number;
  signal?: AbortSignal;
}

export interface HttpAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface StoreHttp {
  /** Asks the endpoints in turn until one answers; rejects only when none did, with the last one's reason. */
  call(call: HttpCall): Promise<HttpAnswer>;
  close(): void;
}

/** A list of discovery entries or a key's value; a store that sends more is broken. */
const mostAnswerBytes = 16 * 1024 * 1024;

/**
 * Keep-alive HTTP to a store with one or several endpoints, the one that answered last being asked first.
 * @param endpoints base URLs without a slash at the end
 */
export function storeHttp(endpoints: readonly string[], tls: DiscoveryTls | undefined): StoreHttp {
  const plain = new HttpAgent({ keepAlive: true });
  const secure = new HttpsAgent({ keepAlive: true, ...tls });
  let preferred = 0;

  const ask = (endpoint: string, call: HttpCall): Promise<HttpAnswer> =>
    new Promise((resolve, reject) => {
      const url = new URL(`${endpoint}${call.path}`);
      const isSecure = url.protocol === "https:";
      const request = (isSecure ? httpsRequest : httpRequest)(url, {
        method: call.method ?? "GET",
        agent: isSecure ? secure : plain,
        headers: {
          ...call.headers,
          ...(call.body === undefined ? {} : { "Content-Length": Buffer.byteLength(call.body) }),
        },
      });
      // no AbortSignal.any: the caller's signal lives as long as the program and would keep a trace of each call
      const onAbort = () => request.destroy();
      let isLate = false;
      const timer = setTimeout(() => {
        isLate = true;
        request.destroy();
      }, call.timeoutMs);
      const settle = () => {
        clearTimeout(timer);
        call.signal?.removeEventListener("abort", onAbort);
      };
      const fail = (error: Error) => {
        settle();
        if (call.signal?.aborted) reject(call.signal.reason);
        else if (isLate) reject(noAnswer(endpoint, call.timeoutMs));
        else reject(new RequestFailure(endpoint, error, request.reusedSocket));
      };
      call.signal?.addEventListener("abort", onAbort, { once: true });
      request.on("error", fail);
      request.on("response", (response) => {
        readAll(response).then((body) => {
          settle();
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
        }, fail);
      });
      if (call.signal?.aborted) onAbort();
      else request.end(call.body);
    });

  return {
    async call(call) {
      let last: unknown;
      let mayRetryStale = true;
      for (let tries = 0; tries < endpoints.length; tries += 1) {
        const index = (preferred + tries) % endpoints.length;
        const endpoint = endpoints[index] ?? "";
        try {
          const answer = await ask(endpoint, call);
          preferred = index;
          return answer;
        } catch (error) {
          call.signal?.throwIfAborted();
          last = error;
          if (call.isLongPoll && isAppError(error, "STORE_TIMEOUT")) throw error;
          // the server had closed an idle connection: the same endpoint gets a fresh one
          if (mayRetryStale && error instanceof RequestFailure && error.wasReused) {
            mayRetryStale = false;
            tries -= 1;
          }
        }
      }
      throw last instanceof Error ? last : new Error("no endpoint");
    },
    close() {
      plain.destroy();
      secure.destroy();
    },
  };
}

class RequestFailure extends Error {
  readonly wasReused: boolean;
  constructor(endpoint: string, cause: Error, wasReused: boolean) {
    super(`${new URL(endpoint).host}: ${messageOf(cause) || "no connection"}`, { cause });
    this.wasReused = wasReused;
  }
}

const noAnswer = (endpoint: string, ms: number) =>
  new AppError("STORE_TIMEOUT", `${new URL(endpoint).host} did not answer within ${ms / 1000} s`);

async function readAll(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of response) {
    const bytes = Buffer.from(part);
    length += bytes.length;
    if (length > mostAnswerBytes) {
      response.destroy();
      throw new Error("the answer is too long");
    }
    parts.push(bytes);
  }
  return Buffer.concat(parts).toString("utf8");
}
