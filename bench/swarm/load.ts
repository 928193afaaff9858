// One load on one address, measured from the outside.
//   tsx load.ts '{"kind": "get", …}'      prints a Result as JSON
import { Agent, request as httpRequest } from "node:http";

export interface LoadSpec {
  /** "get": the paths in turn; "pairs": create and start. */
  readonly kind: "get" | "pairs";
  readonly host: string;
  readonly port: number;
  readonly clients: number;
  /** Ends after this many requests or this time, whichever comes first. */
  readonly requests: number;
  readonly seconds: number;
  /** For "get". */
  readonly paths: readonly string[];
  /** Requests before the measurement. */
  readonly warmUp: number;
  /** Prefix of the names of what is created. */
  readonly name: string;
}

export interface LoadResult {
  readonly count: number;
  readonly errors: number;
  readonly perSecond: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  /** Bytes of the last answer. */
  readonly bytes: number;
  readonly firstError: string;
}

interface Answer {
  readonly status: number;
  readonly bytes: number;
  readonly text: string;
}

function send(agent: Agent, spec: LoadSpec, method: string, path: string, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      agent,
      host: spec.host,
      port: spec.port,
      method,
      path,
      ...(body === undefined
        ? {}
        : { headers: { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) } }),
    });
    request.once("error", reject);
    request.once("response", (answer) => {
      let bytes = 0;
      let text = "";
      answer.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        if (text.length < 1000) text += chunk.toString("latin1", 0, 1000);
      });
      answer.once("error", reject);
      answer.once("end", () => resolve({ status: answer.statusCode ?? 0, bytes, text }));
    });
    request.end(body);
  });
}

async function one(agent: Agent, spec: LoadSpec, number: number): Promise<Answer> {
  if (spec.kind === "get") {
    const path = spec.paths[number % spec.paths.length] ?? "/";
    return expect(200, await send(agent, spec, "GET", path));
  }
  const body = JSON.stringify({
    Image: "busybox",
    Cmd: ["sleep", "1000"],
    HostConfig: { Memory: 16 * 1024 ** 2 },
  });
  const name = `${spec.name}-${number}`;
  const created = expect(201, await send(agent, spec, "POST", `/v1.41/containers/create?name=${name}`, body));
  expect(204, await send(agent, spec, "POST", `/v1.41/containers/${name}/start`, "{}"));
  return created;
}

function expect(status: number, answer: Answer): Answer {
  if (answer.status !== status) throw new Error(`${answer.status} ${answer.text.slice(0, 200)}`);
  return answer;
}

async function run(spec: LoadSpec): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: spec.clients });
  let number = 0;
  for (; number < spec.warmUp; number++) await one(agent, spec, number);
  const times: number[] = [];
  let errors = 0;
  let firstError = "";
  let bytes = 0;
  const started = performance.now();
  const end = started + spec.seconds * 1000;
  let sent = 0;
  const client = async () => {
    while (sent < spec.requests && performance.now() < end) {
      sent++;
      const since = performance.now();
      try {
        ({ bytes } = await one(agent, spec, number++));
        times.push(performance.now() - since);
      } catch (error) {
        errors++;
        if (firstError === "") firstError = error instanceof Error ? error.message : String(error);
      }
    }
  };
  await Promise.all(Array.from({ length: spec.clients }, client));
  const seconds = (performance.now() - started) / 1000;
  agent.destroy();
  times.sort((a, b) => a - b);
  const at = (share: number) =>
    round(times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0);
  return {
    count: times.length,
    errors,
    perSecond: round(times.length / seconds),
    p50: at(0.5),
    p90: at(0.9),
    p99: at(0.99),
    bytes,
    firstError,
  };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

const [text] = process.argv.slice(2);
if (text !== undefined) process.stdout.write(`${JSON.stringify(await run(JSON.parse(text)))}\n`);
