import { type Exchange, frame, type Handler, isTrue, type Route, route } from "./exchange.ts";
import { containerInspect, count, type FakeContainer, hexId, isAlive, record, text } from "./objects.ts";

type WithContainer = (exchange: Exchange, container: FakeContainer) => void | Promise<void>;

const on =
  (handle: WithContainer): Handler =>
  (exchange) => {
    const reference = exchange.params[0] ?? "";
    const container = exchange.state.findContainer(reference);
    if (!container) return exchange.fail(404, `No such container: ${reference}`);
    return handle(exchange, container);
  };

/** Routes of containers and execs that do not take over the connection. */
export const containerRoutes: readonly Route[] = [
  route("GET", /^\/containers\/(?:json|ps)$/, ({ state, query, json, fail }) => {
    try {
      const filters: unknown = JSON.parse(query.get("filters") || "{}");
      const list = state.list(isTrue(query.get("all")), record(filters));
      const sizes = isTrue(query.get("size")) ? { SizeRw: 42, SizeRootFs: 4_261_574 } : {};
      json(
        200,
        list.map((one) => ({ ...one, ...sizes })),
      );
    } catch {
      fail(400, "invalid filter");
    }
  }),
  route("POST", /^\/containers\/create$/, create),
  route(
    "GET",
    /^\/containers\/(.+)\/json$/,
    on(({ state, json }, container) =>
      json(200, containerInspect(container, state.networks, state.specs.version)),
    ),
  ),
  route("POST", /^\/containers\/(.+)\/start$/, on(start)),
  route(
    "POST",
    /^\/containers\/(.+)\/stop$/,
    on(({ state, empty }, container) => {
      if (!isAlive(container)) return empty(304);
      state.stop(container, 137, "15");
      state.containerEvent(container, "stop");
      empty(204);
    }),
  ),
  route(
    "POST",
    /^\/containers\/(.+)\/restart$/,
    on(({ state, empty }, container) => {
      state.stop(container, 137, "15");
      state.start(container);
      state.containerEvent(container, "restart");
      empty(204);
    }),
  ),
  route(
    "POST",
    /^\/containers\/(.+)\/kill$/,
    on(({ state, empty, fail }, container) => {
      if (!isAlive(container)) return fail(409, `Container ${container.id} is not running`);
      state.stop(container, 137, "9");
      empty(204);
    }),
  ),
  route("POST", /^\/containers\/(.+)\/pause$/, on(pause("running", "paused", "pause"))),
  route("POST", /^\/containers\/(.+)\/unpause$/, on(pause("paused", "running", "unpause"))),
  route(
    "POST",
    /^\/containers\/(.+)\/rename$/,
    on(({ state, query, empty, fail }, container) => {
      const name = (query.get("name") ?? "").replace(/^\//, "");
      const holder = [...state.containers.values()].find((one) => one.name === name);
      if (holder) return fail(409, conflict(name, holder.id));
      container.name = name;
      state.containerEvent(container, "rename");
      empty(204);
    }),
  ),
  route(
    "POST",
    /^\/containers\/(.+)\/update$/,
    on(async ({ state, body, json }, container) => {
      container.config["HostConfig"] = { ...record(container.config["HostConfig"]), ...(await body()) };
      state.containerEvent(container, "update");
      json(200, { Warnings: null });
    }),
  ),
  route("POST", /^\/containers\/(.+)\/wait$/, on(waitFor)),
  route("DELETE", /^\/containers\/(.+)$/, on(remove)),
  route(
    "GET",
    /^\/containers\/(.+)\/top$/,
    on(({ json, fail }, container) => {
      if (!isAlive(container)) return fail(409, `Container ${container.id} is not running`);
      json(200, {
        Processes: [["root", String(container.pid), "1", "0", "10:00", "?", "00:00:00", "sleep 1000"]],
        Titles: ["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"],
      });
    }),
  ),
  route("GET", /^\/containers\/(.+)\/logs$/, on(logs)),
  route("GET", /^\/containers\/(.+)\/stats$/, on(stats)),
  route(
    "GET",
    /^\/containers\/(.+)\/changes$/,
    on(({ json }) => json(200, [{ Path: "/tmp/x", Kind: 1 }])),
  ),
  route(
    "POST",
    /^\/containers\/(.+)\/resize$/,
    on(({ empty }) => empty(200)),
  ),
  route(
    "POST",
    /^\/containers\/(.+)\/exec$/,
    on(async ({ state, body, json, fail }, container) => {
      const config = await body();
      if (!isAlive(container)) return fail(409, `Container ${container.id} is not running`);
      const id = hexId();
      state.execs.set(id, { containerId: container.id, config, isRunning: false });
      state.containerEvent(container, "exec_create: sh");
      json(201, { Id: id });
    }),
  ),
  route("GET", /^\/exec\/([^/]+)\/json$/, ({ state, params, json, fail }) => {
    const exec = state.execs.get(params[0] ?? "");
    if (!exec) return fail(404, `No such exec instance: ${params[0]}`);
    json(200, {
      ID: params[0],
      ContainerID: exec.containerId,
      Running: exec.isRunning,
      ExitCode: 0,
      Pid: 42,
    });
  }),
  route("POST", /^\/exec\/([^/]+)\/resize$/, ({ empty }) => empty(200)),
];

async function create({ state, query, body, json, fail }: Exchange) {
  const config = await body();
  const name = (query.get("name") ?? "").replace(/^\//, "");
  const image = text(config["Image"]);
  if (!state.findImage(image))
    return fail(404, `No such image: ${image.includes(":") ? image : `${image}:latest`}`);
  const holder = name && [...state.containers.values()].find((one) => one.name === name);
  if (holder) return fail(409, conflict(name, holder.id));
  const memory = count(record(config["HostConfig"])["Memory"]);
  if (memory > 0 && memory < 6 * 1024 * 1024) return fail(400, "Minimum memory limit allowed is 6MB");
  const container = state.addContainer(config, name);
  state.containerEvent(container, "create");
  json(201, { Id: container.id, Warnings: [] });
}

const conflict = (name: string, id: string): string =>
  `Conflict. The container name "/${name}" is already in use by container "${id}". You have to remove (or rename) that container to be able to reuse that name.`;

function start({ state, empty, fail }: Exchange, container: FakeContainer) {
  if (container.state === "running") return empty(304);
  const mode = text(record(container.config["HostConfig"])["NetworkMode"]) || "default";
  if (mode !== "default" && !mode.startsWith("container:") && !state.findNetwork(mode))
    return fail(404, `network ${mode} not found`);
  state.start(container);
  empty(204);
}

function pause(from: FakeContainer["state"], to: FakeContainer["state"], action: string): WithContainer {
  return ({ state, empty, fail }, container) => {
    if (container.state !== from) return fail(409, `Container ${container.id} is not ${from}`);
    container.state = to;
    state.containerEvent(container, action);
    empty(204);
  };
}

function remove({ state, query, empty, fail }: Exchange, container: FakeContainer) {
  if (isAlive(container)) {
    if (!isTrue(query.get("force")))
      return fail(
        409,
        `You cannot remove a running container ${container.id}. Stop the container before attempting removal or force remove`,
      );
    state.stop(container, 137, "9");
  }
  state.remove(container);
  empty(204);
}

/** Ends when the container stops or is removed; at once where it is not running. */
function untilStopped({ state, request }: Exchange, container: FakeContainer, then: () => void) {
  if (!isAlive(container)) return then();
  const listener = (event: Record<string, unknown>) => {
    if (event["id"] !== container.id || event["Action"] !== "die") return;
    state.listeners.delete(listener);
    then();
  };
  state.listeners.add(listener);
  request.socket.once("close", () => state.listeners.delete(listener));
}

function waitFor(exchange: Exchange, container: FakeContainer) {
  exchange.response.writeHead(200, { "Content-Type": "application/json" });
  exchange.response.flushHeaders();
  untilStopped(exchange, container, () => exchange.response.end(`{"StatusCode":${container.exitCode}}\n`));
}

function logs(exchange: Exchange, container: FakeContainer) {
  const { response, query } = exchange;
  const isTty = container.config["Tty"] === true;
  const type = `application/vnd.docker.${isTty ? "raw" : "multiplexed"}-stream`;
  response.writeHead(200, { "Content-Type": type });
  for (const line of container.logs) {
    const bytes = Buffer.from(`${line}\n`);
    response.write(isTty ? bytes : frame(1, bytes));
  }
  if (!isTrue(query.get("follow"))) response.end();
  else {
    response.flushHeaders();
    untilStopped(exchange, container, () => response.end());
  }
}

function stats(exchange: Exchange, container: FakeContainer) {
  const { state, query, response } = exchange;
  const sample = () =>
    `${JSON.stringify({
      read: state.now().toISOString(),
      pids_stats: { current: 1 },
      cpu_stats: {
        cpu_usage: { total_usage: 1_000_000 },
        system_cpu_usage: 1e12,
        online_cpus: state.specs.cpus,
      },
      memory_stats: { usage: 1_048_576, limit: state.specs.memoryBytes },
      name: `/${container.name}`,
      id: container.id,
    })}\n`;
  response.writeHead(200, { "Content-Type": "application/json" });
  response.write(sample());
  if (query.has("stream") && !isTrue(query.get("stream"))) {
    response.end();
    return;
  }
  const timer = setInterval(() => response.write(sample()), 1000);
  response.once("close", () => clearInterval(timer));
  untilStopped(exchange, container, () => response.end());
}
