import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type Dockerode from "dockerode";
import type { DriverEngine } from "../driver/driver.ts";
import { AppError, messageOf, systemCode } from "../kit/errors.ts";
import { type EngineAddress, rememberEngine } from "./address.ts";

/** Everything below 600 is an answer, not an exception. */
const anyStatus = new Proxy<Record<number, boolean>>({}, { get: () => true });

/** The user's engine: JSON calls for drivers, and images. dockerode is loaded at the first call. */
export function userEngine(
  find: () => Promise<EngineAddress>,
  storeRoot: string,
  signal?: AbortSignal,
): UserEngine {
  return new UserEngine(find, storeRoot, signal);
}

export class UserEngine implements DriverEngine {
  private readonly find: () => Promise<EngineAddress>;
  private readonly storeRoot: string;
  private opened: Promise<{ docker: Dockerode; found: EngineAddress }> | undefined;
  private found: EngineAddress | undefined;
  /** Ends a load at once; other requests are short, and are finished so that what they made is known. */
  private readonly signal: AbortSignal | undefined;

  constructor(find: () => Promise<EngineAddress>, storeRoot: string, signal?: AbortSignal) {
    this.find = find;
    this.storeRoot = storeRoot;
    this.signal = signal;
  }

  /** "" before the first call. */
  get address(): string {
    return this.found?.url ?? "";
  }

  async request(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
    const { docker, found } = await this.open();
    const stream = await dial(docker, found, {
      path,
      method,
      isStream: true,
      // without _query, dockerode's modem would cut the path or put the body into it
      options: { _query: {}, _body: body ?? {} },
    });
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(Buffer.from(chunk));
    const text = Buffer.concat(chunks).toString("utf8");
    return { status: stream.statusCode ?? 200, body: parsed(text) };
  }

  async remember(): Promise<void> {
    const { found } = await this.open();
    await rememberEngine(this.storeRoot, found);
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

  private open(): Promise<{ docker: Dockerode; found: EngineAddress }> {
    this.opened ??= this.connect();
    return this.opened;
  }

  private async connect() {
    const [{ default: Docker }, found] = await Promise.all([import("dockerode"), this.find()]);
    this.found = found;
    return { docker: new Docker(await optionsFor(found)), found };
  }
}

async function optionsFor({ url, certPath }: EngineAddress): Promise<Dockerode.DockerOptions> {
  const local = /^(?:unix|npipe):\/\/(.*)$/.exec(url)?.[1];
  // an empty host keeps dockerode from reading DOCKER_HOST of the environment, which may point to a machine
  if (local !== undefined) return { socketPath: local, host: "", protocol: "http" };
  const { hostname, port } = new URL(url.replace(/^tcp:/, "http:"));
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  if (certPath === "") return { host, port: port || "2375", protocol: "http" };
  const [ca, cert, key] = await Promise.all(
    ["ca.pem", "cert.pem", "key.pem"].map((name) => readFile(join(certPath, name), "utf8")),
  );
  return { host, port: port || "2376", protocol: "https", ...definedOnly({ ca, cert, key }) };
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
  file?: NodeJS.ReadableStream;
  abortSignal?: AbortSignal;
  options: { _query: Record<string, never>; _body?: unknown };
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
