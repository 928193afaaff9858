import * as v from "valibot";
import { AppError, isAppError, messageOf } from "../../../kit/errors.ts";
import type { StoreHttp } from "../http.ts";
import { keyInUrl } from "../store-url.ts";

interface EtcdNode {
  key: string;
  value?: string | undefined;
  dir?: boolean | undefined;
  modifiedIndex: number;
  nodes?: EtcdNode[] | undefined;
}

const nodeSchema: v.GenericSchema<unknown, EtcdNode> = v.object({
  key: v.optional(v.string(), "/"),
  value: v.optional(v.string()),
  dir: v.optional(v.boolean()),
  modifiedIndex: v.optional(v.number(), 0),
  nodes: v.optional(v.array(v.lazy(() => nodeSchema))),
});

const answerSchema = v.object({
  action: v.string(),
  node: nodeSchema,
  prevNode: v.optional(nodeSchema),
});

const errorSchema = v.object({
  errorCode: v.number(),
  message: v.string(),
  cause: v.optional(v.string(), ""),
  index: v.optional(v.number(), 0),
});

/** Error codes of etcd's v2 API that are answers to us. */
export const etcdCodes = {
  keyNotFound: 100,
  compareFailed: 101,
  notAFile: 102,
  exists: 105,
  indexCleared: 401,
};

/** What etcd refused, with the index at which it did. */
export class EtcdRefusal extends AppError {
  readonly errorCode: number;
  readonly index: number;
  constructor(errorCode: number, index: number, message: string) {
    super("ETCD", message);
    this.errorCode = errorCode;
    this.index = index;
  }
}

export type EtcdAnswer = v.InferOutput<typeof answerSchema> & {
  /** The store's index when it answered (X-Etcd-Index). */
  readonly storeIndex: number;
};

export interface EtcdKeys {
  get(key: string, query: string, signal?: AbortSignal): Promise<EtcdAnswer>;
  put(
    key: string,
    query: string,
    form: Readonly<Record<string, string>>,
    signal?: AbortSignal,
  ): Promise<EtcdAnswer>;
  remove(key: string, query: string): Promise<EtcdAnswer>;
  /** Waits for the next event on a key (and below it), at most `waitMs`; undefined when none came. */
  wait(key: string, fromIndex: number, signal: AbortSignal): Promise<EtcdAnswer | undefined>;
}

const timeoutMs = 3_000;
const waitMs = 60_000;

/** The keys API of etcd v2. Rejects with EtcdRefusal, or an AppError when no member answers. Source: etcd v2 API documentation. */
export function etcdKeys(http: StoreHttp): EtcdKeys {
  const call = async (
    method: string,
    key: string,
    query: string,
    form: Readonly<Record<string, string>> | undefined,
    signal: AbortSignal | undefined,
    limitMs: number,
    isLongPoll = false,
  ): Promise<EtcdAnswer> => {
    const answer = await http
      .call({
        method,
        path: `/v2/keys/${keyInUrl(key)}${query === "" ? "" : `?${query}`}`,
        timeoutMs: limitMs,
        isLongPoll,
        ...(form === undefined
          ? {}
          : {
              body: new URLSearchParams(form).toString(),
              headers: { "Content-Type": "application/x-www-form-urlencoded" },
            }),
        ...(signal === undefined ? {} : { signal }),
      })
      .catch((error: unknown) => {
        signal?.throwIfAborted();
        const text = `client: etcd cluster is unavailable or misconfigured: ${messageOf(error)}`;
        throw new AppError("ETCD_AWAY", text, { cause: error });
      });
    const body = parseJson(answer.body);
    const good = v.safeParse(answerSchema, body);
    if (answer.status < 300 && good.success) {
      return { ...good.output, storeIndex: Number(answer.headers["x-etcd-index"] ?? 0) };
    }
    const bad = v.safeParse(errorSchema, body);
    if (bad.success) {
      const { errorCode, message, cause, index } = bad.output;
      throw new EtcdRefusal(errorCode, index, `${errorCode}: ${message} (${cause}) [${index}]`);
    }
    if (answer.status === 404) {
      throw new AppError("ETCD_NO_V2", "this etcd does not offer the v2 keys API", {
        hint: "start etcd with --enable-v2, or use etcd3://",
      });
    }
    throw new AppError("ETCD", `etcd answered with HTTP status ${answer.status}`);
  };
  return {
    get: (key, query, signal) => call("GET", key, query, undefined, signal, timeoutMs),
    put: (key, query, form, signal) => call("PUT", key, query, form, signal, timeoutMs),
    remove: (key, query) => call("DELETE", key, query, undefined, undefined, timeoutMs),
    async wait(key, fromIndex, signal) {
      const query = `wait=true&recursive=true&waitIndex=${fromIndex}`;
      try {
        return await call("GET", key, query, undefined, signal, waitMs, true);
      } catch (error) {
        // a quiet minute; the connection may also be dead
        if (error instanceof AppError && isAppError(error.cause, "STORE_TIMEOUT")) return undefined;
        throw error;
      }
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // a proxy's page, or no v2 API: the status tells
  }
}

export const isRefusal = (error: unknown, code: number): error is EtcdRefusal =>
  error instanceof EtcdRefusal && error.errorCode === code;
