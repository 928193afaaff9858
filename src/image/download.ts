import { createHash, type Hash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { rm, stat } from "node:fs/promises";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { isAppError, systemCode } from "../kit/errors.ts";
import { readTextIfPresent, writeFileAtomic } from "../kit/fs.ts";
import type { Env } from "../kit/process.ts";
import { downloadBroken, downloadRefused } from "./errors.ts";
import { proxyAgents } from "./proxy.ts";

export interface DownloadOptions {
  readonly env: Env;
  /** Called as bytes come in; `total` is undefined where the server does not tell. */
  readonly progress?: (received: number, total: number | undefined) => void;
  readonly signal?: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
  /** PEM of an authority to trust besides the system's. */
  readonly certificateAuthority?: string;
  /** How often a cut transfer is taken up again; default 5. */
  readonly retries?: number;
}

interface Unfinished {
  readonly url: string;
  readonly validator: string;
}

/**
 * Fetches a URL into `path`. A transfer that is cut goes on where it ended, in this call or in the next one; redirects
 * are followed, proxies of the environment used. The file is there only when it is whole.
 * @returns SHA-256 of the content, in hex
 * @throws IMAGE_DOWNLOAD_FAILED
 */
export async function download(url: string, path: string, options: DownloadOptions): Promise<string> {
  const retries = options.retries ?? 5;
  for (let attempt = 0; ; attempt++) {
    try {
      return await attemptDownload(url, path, options);
    } catch (error) {
      options.signal?.throwIfAborted();
      if (isAppError(error) || attempt >= retries) {
        throw isAppError(error) ? error : downloadBroken(url, error);
      }
    }
  }
}

async function attemptDownload(url: string, path: string, options: DownloadOptions): Promise<string> {
  const { got } = await import("got");
  const statePath = `${path}.json`;
  const before = await startedBefore(url, path, statePath);
  const request = got.stream(url, {
    retry: { limit: 0 },
    throwHttpErrors: false,
    decompress: false,
    followRedirect: true,
    maxRedirects: 10,
    timeout: { lookup: 20_000, connect: 30_000, secureConnect: 30_000, response: 60_000, socket: 60_000 },
    headers: {
      "user-agent": "machine",
      ...options.headers,
      ...(before === undefined ? {} : { range: `bytes=${before.size}-`, "if-range": before.validator }),
    },
    agent: proxyAgents(url, options.env),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    ...(options.certificateAuthority === undefined
      ? {}
      : { https: { certificateAuthority: options.certificateAuthority } }),
  });
  const response = await responseOf(request);
  const status = response.statusCode;
  const resumed = before !== undefined && status === 206;
  if (status !== 200 && !resumed) {
    request.destroy();
    if (status === 416 || status >= 500) {
      if (status === 416) await forget(path, statePath);
      throw new Error(`status ${status}`);
    }
    throw downloadRefused(url, status);
  }
  const validator = header(response.headers["etag"]) ?? header(response.headers["last-modified"]);
  const length = Number(header(response.headers["content-length"]) ?? Number.NaN);
  const start = resumed ? before.size : 0;
  const total = Number.isFinite(length) ? start + length : undefined;
  if (!resumed) {
    await forget(path, statePath);
    if (validator !== undefined && !validator.startsWith("W/")) {
      await writeFileAtomic(statePath, JSON.stringify({ url, validator } satisfies Unfinished));
    }
  }
  const hash = createHash("sha256");
  if (resumed) await pipeline(createReadStream(path), hashing(hash));
  let received = start;
  const counting = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      received += chunk.length;
      hash.update(chunk);
      options.progress?.(received, total);
      done(undefined, chunk);
    },
  });
  await pipeline(request, counting, createWriteStream(path, { flags: resumed ? "a" : "w", mode: 0o600 }));
  if (total !== undefined && received !== total) throw new Error(`${received} of ${total} bytes came`);
  await rm(statePath, { force: true });
  return hash.digest("hex");
}

interface Answer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

function responseOf(request: NodeJS.EventEmitter): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request.once("response", (response: Answer) => resolve(response));
    request.once("error", reject);
  });
}

const header = (value: string | string[] | undefined) => (Array.isArray(value) ? value[0] : value);

/** What an earlier transfer of the same URL left, where the server can be asked for the rest. */
async function startedBefore(
  url: string,
  path: string,
  statePath: string,
): Promise<{ size: number; validator: string } | undefined> {
  const text = await readTextIfPresent(statePath);
  if (text === undefined) return undefined;
  try {
    const state: unknown = JSON.parse(text);
    if (typeof state !== "object" || state === null || !("url" in state) || !("validator" in state))
      return undefined;
    const { size } = await stat(path);
    if (state.url !== url || typeof state.validator !== "string" || size === 0) return undefined;
    return { size, validator: state.validator };
  } catch (error) {
    if (error instanceof SyntaxError || systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

async function forget(path: string, statePath: string): Promise<void> {
  await rm(statePath, { force: true });
  await rm(path, { force: true });
}

function hashing(hash: Hash): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done();
    },
  });
}
