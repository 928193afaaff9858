import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { type IncomingMessage, request } from "node:http";
import type { Duplex, Readable } from "node:stream";
import * as v from "valibot";
import { AppError, messageOf } from "../kit/errors.ts";
import type { ContainerBody } from "./containers.ts";
import type { ContainerState, SwarmEngine } from "./swarm-engine.ts";

/** Opens one byte stream to the engine: its socket through SSH, or a TLS connection. */
export type OpenStream = () => Promise<Duplex>;

interface Answer {
  status: number;
  body: unknown;
}

const limitMs = 120_000;

const inspectSchema = v.object({
  Id: v.string(),
  RestartCount: v.optional(v.number(), 0),
  State: v.object({ Running: v.boolean() }),
  Config: v.object({
    Image: v.string(),
    Cmd: v.nullish(v.array(v.string())),
    Env: v.nullish(v.array(v.string())),
  }),
  HostConfig: v.object({ Binds: v.nullish(v.array(v.string())) }),
});

const idSchema = v.object({ Id: v.string() });
const exitSchema = v.object({ ExitCode: v.nullish(v.number()) });

const bridgeSchema = v.object({
  IPAM: v.object({ Config: v.nullish(v.array(v.object({ Gateway: v.optional(v.string(), "") }))) }),
});

/** The few calls of the Docker API that swarm containers need, over any stream; each call has a stream of its own. */
export function swarmEngineOver(open: OpenStream): SwarmEngine {
  const call = async (method: string, path: string, body?: unknown): Promise<Answer> => {
    const response = await send(
      await open(),
      method,
      path,
      body === undefined ? undefined : JSON.stringify(body),
    );
    const text = await readAll(response);
    return { status: response.statusCode ?? 0, body: parseBody(text) };
  };
  const must = async (
    method: string,
    path: string,
    body?: unknown,
    ok: readonly number[] = [],
  ): Promise<Answer> => {
    const answer = await call(method, path, body);
    if (answer.status >= 400 && !ok.includes(answer.status)) throw engineRefused(`${method} ${path}`, answer);
    return answer;
  };
  return {
    hasImage: async (reference) =>
      (await must("GET", `/images/${reference}/json`, undefined, [404])).status === 200,
    async loadImage(path) {
      const { size } = await stat(path);
      const response = await send(await open(), "POST", "/images/load?quiet=1", createReadStream(path), {
        "Content-Type": "application/x-tar",
        "Content-Length": String(size),
      });
      failedStream(response, await readAll(response));
    },
    async pullImage(reference, progress) {
      const path = `/images/create?fromImage=${encodeURIComponent(withTag(reference))}`;
      const response = await send(await open(), "POST", path, undefined);
      failedStream(response, await readAll(response, progress));
    },
    async inspect(name) {
      const answer = await must("GET", `/containers/${name}/json`, undefined, [404]);
      return answer.status === 404 ? undefined : stateOf(answer.body);
    },
    async create(name, body: ContainerBody) {
      await must("POST", `/containers/create?name=${name}`, body);
    },
    async start(name) {
      await must("POST", `/containers/${name}/start`);
    },
    async remove(name, graceSeconds = 10) {
      if (graceSeconds > 0)
        await must("POST", `/containers/${name}/stop?t=${graceSeconds}`, undefined, [304, 404]);
      await must("DELETE", `/containers/${name}?force=1`, undefined, [404]);
    },
    async removeVolume(name) {
      await must("DELETE", `/volumes/${name}`, undefined, [404]);
    },
    async exec(name, words) {
      const options = { AttachStdout: true, AttachStderr: true, Cmd: words };
      const { Id } = v.parse(idSchema, (await must("POST", `/containers/${name}/exec`, options)).body);
      const start = JSON.stringify({ Detach: false, Tty: false });
      const response = await send(await open(), "POST", `/exec/${Id}/start`, start);
      const bytes = await readBytes(response);
      const status = response.statusCode ?? 0;
      if (status >= 400) throw engineRefused("exec", { status, body: parseBody(bytes.toString("utf8")) });
      const { body } = await must("GET", `/exec/${Id}/json`);
      const { ExitCode } = v.parse(exitSchema, body);
      return { exitCode: ExitCode ?? 1, stdout: withoutFrames(bytes, 1), stderr: withoutFrames(bytes, 2) };
    },
    async logs(name, lines) {
      const response = await send(
        await open(),
        "GET",
        `/containers/${name}/logs?stdout=1&stderr=1&tail=${lines}`,
        undefined,
      );
      return withoutFrames(await readBytes(response));
    },
    async bridgeGateway() {
      const answer = await must("GET", "/networks/bridge", undefined, [404]);
      const parsed = v.safeParse(bridgeSchema, answer.body);
      return parsed.success ? (parsed.output.IPAM.Config?.[0]?.Gateway ?? "") : "";
    },
  };
}

function send(
  stream: Duplex,
  method: string,
  path: string,
  body: string | Readable | undefined,
  headers: Record<string, string> = {},
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = request({
      method,
      path,
      headers: {
        Host: "docker",
        Connection: "close",
        ...(typeof body === "string"
          ? { "Content-Type": "application/json", "Content-Length": String(Buffer.byteLength(body)) }
          : {}),
        ...headers,
      },
      createConnection: () => stream,
      timeout: limitMs,
    });
    outgoing.once("response", resolve);
    outgoing.once("timeout", () =>
      outgoing.destroy(new Error(`${method} ${path} got no answer in ${limitMs / 1000} s`)),
    );
    outgoing.once("error", reject);
    if (typeof body === "object") {
      body.once("error", (error) => outgoing.destroy(error));
      body.pipe(outgoing);
    } else outgoing.end(body);
  });
}

async function readBytes(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function readAll(response: IncomingMessage, progress?: (message: string) => void): Promise<string> {
  let text = "";
  response.setEncoding("utf8");
  for await (const chunk of response) {
    text += chunk;
    const last = progress === undefined ? undefined : messageIn(text.trimEnd().split("\n").at(-1) ?? "");
    if (last !== undefined) progress?.(last);
  }
  return text;
}

function messageIn(line: string): string | undefined {
  const parsed = v.safeParse(v.object({ status: v.string() }), parseBody(line));
  return parsed.success ? parsed.output.status : undefined;
}

function parseBody(text: string): unknown {
  try {
    return text === "" ? undefined : JSON.parse(text);
  } catch {
    return text; // plain text, or a stream of JSON lines
  }
}

/** Pull and load answer 200 and tell what went wrong in a line of their stream. */
function failedStream(response: IncomingMessage, text: string): void {
  const status = response.statusCode ?? 0;
  if (status >= 400) throw engineRefused("the image", { status, body: parseBody(text) });
  for (const line of text.split("\n")) {
    const parsed = v.safeParse(v.object({ error: v.string() }), parseBody(line));
    if (parsed.success) throw new AppError("ENGINE_REFUSED", parsed.output.error);
  }
}

function engineRefused(what: string, { status, body }: Answer): AppError {
  const parsed = v.safeParse(v.object({ message: v.string() }), body);
  const text = parsed.success ? parsed.output.message : bodyText(body);
  return new AppError("ENGINE_REFUSED", `${what}: the engine answered ${status}: ${text.trim()}`);
}

const bodyText = (body: unknown) => (typeof body === "string" ? body : JSON.stringify(body ?? ""));

function stateOf(body: unknown): ContainerState {
  const parsed = v.safeParse(inspectSchema, body);
  if (!parsed.success)
    throw new AppError("ENGINE_REFUSED", `an inspect that cannot be read: ${messageOf(parsed.issues[0])}`);
  const { Id, RestartCount, State, Config, HostConfig } = parsed.output;
  return {
    id: Id,
    running: State.Running,
    image: Config.Image,
    cmd: Config.Cmd ?? [],
    env: Config.Env ?? [],
    binds: HostConfig.Binds ?? [],
    restartCount: RestartCount,
  };
}

/** "name" means its tag "latest"; without it the engine would pull every tag there is. */
function withTag(reference: string): string {
  const afterSlash = reference.slice(reference.lastIndexOf("/") + 1);
  return /[:@]/.test(afterSlash) ? reference : `${reference}:latest`;
}

/**
 * Takes the 8-byte headers out of a stream without a terminal; source: the Engine API, "attach".
 * @param only 1 for stdout, 2 for stderr; left out: both
 */
function withoutFrames(bytes: Buffer, only?: 1 | 2): string {
  let text = "";
  for (let at = 0; at + 8 <= bytes.length; ) {
    const size = bytes.readUInt32BE(at + 4);
    if (only === undefined || bytes[at] === only) text += bytes.toString("utf8", at + 8, at + 8 + size);
    at += 8 + size;
  }
  return text;
}
