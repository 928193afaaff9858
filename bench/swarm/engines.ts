// Many engines in one process, answering at once: what remains is the manager's own work.
//   tsx engines.ts <engines> <containers of each>      prints {"addrs": […]} when all listen, ends with its parent
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createNetServer, type Socket } from "node:net";
import { type Container, digest, image, inspectBody, type Json, listEntry, network } from "./objects.ts";

interface Engine {
  readonly name: string;
  readonly containers: Map<string, Container>;
  readonly listeners: Set<ServerResponse>;
}

const memoryBytes = 64 * 1024 ** 3;

function makeEngine(number: number, count: number): Engine {
  const containers = new Map<string, Container>();
  for (let at = 0; at < count; at++) {
    const id = digest("container", number, at);
    const age = ((number * 37 + at * 911) % 86_400) + 60;
    const createdAt = new Date(Date.now() - age * 1000);
    containers.set(id, {
      id,
      name: `service-${number}-${at}`,
      labels: { "com.docker.swarm.id": digest("swarm", number, at), team: `team-${at % 7}`, tier: "web" },
      memory: 16 * 1024 ** 2,
      createdAt,
      startedAt: new Date(createdAt.getTime() + 300),
    });
  }
  return { name: `node-${number}`, containers, listeners: new Set() };
}

function answer(response: ServerResponse, status: number, body?: unknown): void {
  const text = body === undefined ? "" : JSON.stringify(body);
  response.writeHead(status, {
    "Api-Version": "1.45",
    "Content-Type": "application/json",
    "Content-Length": Buffer.byteLength(text),
  });
  response.end(text);
}

function info(engine: Engine): Json {
  return {
    ID: `ENGINE:${engine.name}`,
    Name: engine.name,
    Containers: engine.containers.size,
    NCPU: 16,
    MemTotal: memoryBytes,
    Driver: "overlay2",
    KernelVersion: "6.1.0",
    OperatingSystem: "Debian GNU/Linux 12 (bookworm)",
    OSType: "linux",
    Architecture: "x86_64",
    ServerVersion: "26.1.5",
    SystemTime: new Date().toISOString(),
    Labels: ["storage=ssd", `rack=r${engine.name.length}`],
  };
}

function emit(engine: Engine, action: string, container: Container): void {
  if (engine.listeners.size === 0) return;
  const now = Date.now();
  const event = {
    status: action,
    id: container.id,
    from: "busybox",
    Type: "container",
    Action: action,
    Actor: { ID: container.id, Attributes: { image: "busybox", name: container.name, ...container.labels } },
    scope: "local",
    time: Math.floor(now / 1000),
    timeNano: now * 1_000_000,
  };
  for (const listener of engine.listeners) listener.write(`${JSON.stringify(event)}\n`);
}

let made = 0;

async function create(engine: Engine, request: IncomingMessage, query: URLSearchParams): Promise<Container> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) if (chunk instanceof Buffer) chunks.push(chunk);
  const config = JSON.parse(Buffer.concat(chunks).toString("utf8"));
  const id = digest("made", engine.name, ++made);
  const container: Container = {
    id,
    name: query.get("name") ?? id.slice(0, 12),
    labels: config.Labels ?? {},
    memory: config.HostConfig?.Memory ?? 0,
    createdAt: new Date(),
    startedAt: undefined,
  };
  engine.containers.set(id, container);
  emit(engine, "create", container);
  return container;
}

function list(engine: Engine, query: URLSearchParams): Json[] {
  const filters = JSON.parse(query.get("filters") ?? "{}");
  const ids: string[] | undefined = Array.isArray(filters.id)
    ? filters.id
    : filters.id && Object.keys(filters.id);
  if (!ids) return [...engine.containers.values()].map(listEntry);
  return ids.flatMap((id) => engine.containers.get(id) ?? []).map(listEntry);
}

async function serve(engine: Engine, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "/", "http://engine");
  const path = url.pathname.replace(/^\/v[\d.]+/, "");
  const [, id = "", action = ""] = /^\/containers\/([0-9a-f]{64})(?:\/(\w+))?$/.exec(path) ?? [];
  const container = engine.containers.get(id);
  if (id !== "" && !container) answer(response, 404, { message: `No such container: ${id}` });
  else if (container) {
    if (request.method === "DELETE") {
      engine.containers.delete(id);
      emit(engine, "destroy", container);
      answer(response, 204);
    } else if (action === "json") answer(response, 200, inspectBody(container));
    else if (action === "start") {
      container.startedAt = new Date();
      emit(engine, "start", container);
      answer(response, 204);
    } else if (action === "top") answer(response, 200, top);
    else answer(response, 404, { message: "page not found" });
  } else if (path === "/containers/json") answer(response, 200, list(engine, url.searchParams));
  else if (path === "/containers/create") {
    const { id: newId } = await create(engine, request, url.searchParams);
    answer(response, 201, { Id: newId, Warnings: [] });
  } else if (path === "/info") answer(response, 200, info(engine));
  else if (path === "/version")
    answer(response, 200, { Version: "26.1.5", ApiVersion: "1.45", MinAPIVersion: "1.24" });
  else if (path === "/_ping") answer(response, 200, "OK");
  else if (path === "/images/json") answer(response, 200, [image]);
  else if (path === "/networks") answer(response, 200, [network]);
  else if (path === "/volumes") answer(response, 200, { Volumes: [], Warnings: null });
  else if (path === "/events") {
    response.writeHead(200, { "Content-Type": "application/json" });
    response.flushHeaders();
    engine.listeners.add(response);
    response.once("close", () => engine.listeners.delete(response));
  } else answer(response, 404, { message: "page not found" });
}

const top = {
  Titles: ["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"],
  Processes: Array.from({ length: 5 }, (_, at) => [
    "root",
    String(4321 + at),
    "4300",
    "0",
    "02:27",
    "?",
    "00:00:00",
    "nginx: worker process",
  ]),
};

async function main(): Promise<void> {
  const [engines = 10, containers = 30] = process.argv.slice(2).map(Number);
  const engineOf = new WeakMap<Socket, Engine>();
  const http = createServer({ keepAliveTimeout: 0, requestTimeout: 0 }, (request, response) => {
    const engine = engineOf.get(request.socket);
    if (engine) void serve(engine, request, response);
  });
  const addrs: string[] = [];
  for (let number = 0; number < engines; number++) {
    const engine = makeEngine(number, containers);
    const server = createNetServer((socket) => {
      engineOf.set(socket, engine);
      socket.setNoDelay(true);
      http.emit("connection", socket);
    });
    await new Promise<void>((resolve) => server.listen({ host: "127.0.0.1", port: 0, backlog: 64 }, resolve));
    const bound = server.address();
    if (typeof bound === "object" && bound !== null) addrs.push(`127.0.0.1:${bound.port}`);
  }
  process.stdin.resume().once("end", () => process.exit(0));
  process.stdout.write(`${JSON.stringify({ addrs })}\n`);
}

await main();
