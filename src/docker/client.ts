import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type Dockerode from "dockerode";
import type { DriverEngine } from "../driver/driver.ts";
import { AppError, messageOf, systemCode } from "../kit/errors.ts";
import { type EngineAddress, rememberEngine } from "./address.ts";
import { callLimit } from "./call-limit.ts";
import { type EngineTarget, jsonRequest } from "./json-request.ts";

/** Everything below 600 is an answer, not an exception. */
const anyStatus = new Proxy<Record<number, boolean>>({}, { get: () => true });

export interface UserEngineOptions {
  /** Ends loads and questions at once; a call that changes something may take `graceMs` more. */
  readonly signal?: AbortSignal | undefined;
  /** How long an engine may be silent when it is asked something; 30 s by default. */
  readonly answerMs?: number;
}

const defaultAnswerMs = 30_000;
/** Making, stopping and removing containers takes an engine longer than a question, by this factor. */
const changeFactor = 20;
/** After an interruption: that what a call made is known, and can be removed. */
const graceMs = 10_000;

/** The user's engine: JSON calls for drivers, and images. dockerode is loaded when an image is. */
export function userEngine(
  find: () => Promise<EngineAddress>,
  storeRoot: string,
  options: UserEngineOptions = {},
): UserEngine {
  return new UserEngine(find, storeRoot, options);
}

export class UserEngine implements DriverEngine {
  private readonly find: () => Promise<EngineAddress>;
  private readonly storeRoot: string;
  private found: EngineAddress | undefined;
  private target: Promise<EngineTarget> | undefined;
  private readonly signal: AbortSignal | undefined;
  private readonly answerMs: number;

  constructor(find: () => Promise<EngineAddress>, storeRoot: string, options: UserEngineOptions) {
    this.find = find;
    this.storeRoot = storeRoot;
    this.signal = options.signal;
    this.answerMs = options.answerMs ?? defaultAnswerMs;
  }

  /** "" before the first call. */
  get address(): string {
    return this.found?.url ?? "";
  }

  async request(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
    const found = await this.locate();
    this.target ??= optionsFor(found);
    const isQuestion = method === "GET";
    const limitMs = this.answerMs * (isQuestion ? 1 : changeFactor);
    // images that are pulled belong to no machine: nothing has to be known of them
    const isHarmless = isQuestion || path.startsWith("/images/");
    const limit = callLimit(limitMs, this.signal, isHarmless ? 0 : graceMs);
    try {
      const call = { method, path, body, signal: limit.signal, onPart: limit.heard };
      const { status, text } = await jsonRequest(await this.target, call);
      return { status, body: parsed(text) };
    } catch (error) {
      if (limit.ended === "interrupted") throw this.signal?.reason;
      throw limit.ended === "late" ? silent(found, limitMs) : unreachable(found, error);
    } finally {
      limit.done();
    }
  }

  async remember(): Promise<void> {
    await rememberEngine(this.storeRoot, await this.locate());
  }

  /** Loads a docker archive; @throws ENGINE_REFUSED with what the engine says */
  async load(path: string): Promise<void> {
    const { docker, found } = await this.open();
    const stream = await dial(docker, found, {
      path: "/images/load?quiet=1",
      method: "POST",
      file: createReadStream(path),
      isStream: true,
      options: { _query: {} },
      ...(this.signal === undefined ? {} : { abortSignal: this.signal }),
    });
    let text = "";
    for await (const chunk of stream) text += String(chunk);
    const failure = /"error":"((?:[^"\\]|\\.)*)"/.exec(text)?.[1];
    if ((stream.statusCode ?? 200) >= 400 || failure !== undefined) {
      throw new AppError("ENGINE_REFUSED", `the engine did not load ${path}: ${failure ?? text.trim()}`);
    }
  }

  private async locate(): Promise<EngineAddress> {
    this.found ??= await this.find();
    return this.found;
  }

  private async open(): Promise<{ docker: Dockerode; found: EngineAddress }> {
    const [{ default: Docker }, found] = await Promise.all([import("dockerode"), this.locate()]);
    return { docker: new Docker(await optionsFor(found)), found };
  }
}

async function optionsFor({ url, certPath }: EngineAddress): Promise<EngineTarget> {
  const local = /^(?:unix|npipe):\/\/(.*)$/.exec(url)?.[1];
  // an empty host keeps dockerode from reading DOCKER_HOST of the environment, which may point to a machine
  if (local !== undefined) return { socketPath: local, host: "", protocol: "http" };
  const { hostname, port } = new URL(url.replace(/^tcp:/, "http:"));
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  if (certPath === "") return { host, port: Number(port || 2375), protocol: "http" };
  const [ca, cert, key] = await Promise.all(
    ["ca.pem", "cert.pem", "key.pem"].map((name) => readFile(join(certPath, name), "utf8")),
  );
  return { host, port: Number(port || 2376), protocol: "https", ...definedOnly({ ca, cert, key }) };
}

function definedOnly<T extends Record<string, string | undefined>>(values: T): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

interface DialOptions {
  path: string;
  method: string;
  isStream: boolean;
  file: NodeJS.ReadableStream;
  abortSignal?: AbortSignal;
  options: { _query: Record<string, never> };
}

type AnswerStream = NodeJS.ReadableStream & { statusCode?: number };

function dial(docker: Dockerode, found: EngineAddress, options: DialOptions): Promise<AnswerStream> {
  return new Promise((resolve, reject) => {
    docker.modem.dial({ ...options, statusCodes: anyStatus }, (error: unknown, answer: unknown) => {
      if (error) reject(unreachable(found, error));
      else if (isStream(answer)) resolve(answer);
      else
        reject(
          new AppError("ENGINE_REFUSED", `the engine at ${found.url} gave no answer that could be read`),
        );
    });
  });
}

function isStream(value: unknown): value is AnswerStream {
  return typeof value === "object" && value !== null && "pipe" in value;
}

function silent({ url }: EngineAddress, limitMs: number): AppError {
  return new AppError(
    "ENGINE_SILENT",
    `the Docker engine at ${url} did not answer within ${limitMs / 1000} s`,
    {
      hint: "restart that engine, or set DOCKER_HOST to another; MACHINE_TIMEOUT_API=SECONDS waits longer",
    },
  );
}

function unreachable({ url }: EngineAddress, error: unknown): AppError {
  const code = systemCode(error);
  const why =
    code === "ENOENT" || code === "ECONNREFUSED"
      ? "no engine answers there"
      : code === "EACCES"
        ? "you may not open its socket"
        : messageOf(error);
  return new AppError("ENGINE_UNREACHABLE", `the Docker engine at ${url} cannot be reached: ${why}`, {
    hint: "start Docker, or set DOCKER_HOST to an engine that runs",
    cause: error,
  });
}

function parsed(text: string): unknown {
  if (text.trim() === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
