import { type Exchange, type Route, route } from "./exchange.ts";
import { imageSummary, networkSummary, volumeSummary } from "./listings.ts";
import { hexId, isAlive, type Json, record, text } from "./objects.ts";
import { filterValues } from "./state.ts";

/** Routes of the engine itself, images, networks and volumes. */
export const systemRoutes: readonly Route[] = [
  route("GET", /^\/info$/, ({ state, json }) => json(200, info(state))),
  route("GET", /^\/version$/, ({ state, json }) => {
    const { version, apiVersion, minApiVersion } = state.specs;
    json(200, {
      Platform: { Name: "" },
      Components: [
        {
          Name: "Engine",
          Version: version,
          Details: { ApiVersion: apiVersion, MinAPIVersion: minApiVersion },
        },
      ],
      Version: version,
      ApiVersion: apiVersion,
      MinAPIVersion: minApiVersion,
      GitCommit: "411e817",
      GoVersion: "go1.22.12",
      Os: "linux",
      Arch: "amd64",
      KernelVersion: "6.1.0-18-amd64",
      BuildTime: "2026-01-15T10:00:00.000000000+00:00",
    });
  }),
  route("GET", /^\/_ping$/, ping),
  route("HEAD", /^\/_ping$/, ping),
  route("GET", /^\/events$/, events),
  route("GET", /^\/images\/json$/, ({ state, json }) =>
    json(200, [...state.images.values()].map(imageSummary)),
  ),
  route("POST", /^\/images\/create$/, pull),
  route("GET", /^\/images\/(.+)\/json$/, ({ state, params, json, fail }) => {
    const image = state.findImage(params[0] ?? "");
    if (!image) return fail(404, `No such image: ${params[0]}`);
    json(200, { ...imageSummary(image), Os: "linux", Architecture: "amd64", Config: { Labels: null } });
  }),
  route("POST", /^\/images\/(.+)\/tag$/, ({ state, params, query, empty, fail }) => {
    const image = state.findImage(params[0] ?? "");
    if (!image) return fail(404, `No such image: ${params[0]}`);
    image.tags.push(`${query.get("repo")}:${query.get("tag") || "latest"}`);
    empty(201);
  }),
  route("DELETE", /^\/images\/(.+)$/, ({ state, params, json, fail }) => {
    const image = state.findImage(params[0] ?? "");
    if (!image) return fail(404, `No such image: ${params[0]}`);
    state.images.delete(image.id);
    state.emit({
      status: "delete",
      id: image.id,
      Type: "image",
      Action: "delete",
      Actor: { ID: image.id, Attributes: {} },
    });
    json(200, [...image.tags.map((tag) => ({ Untagged: tag })), { Deleted: image.id }]);
  }),
  route("GET", /^\/networks$/, ({ state, query, json }) => {
    const filters: unknown = JSON.parse(query.get("filters") || "{}");
    const ids = filterValues(record(filters), "id");
    const all = [...state.networks.values()].filter((one) => ids.length === 0 || ids.includes(one.id));
    json(200, all.map(networkSummary));
  }),
  route("POST", /^\/networks\/create$/, async ({ state, body, json, fail }) => {
    const config = await body();
    const driver = text(config["Driver"]) || "bridge";
    if (driver === "overlay" && !state.specs.labels.includes("overlay=yes"))
      return fail(
        503,
        'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.',
      );
    if (state.findNetwork(text(config["Name"])))
      return fail(409, `network with name ${text(config["Name"])} already exists`);
    const network = state.addNetwork(text(config["Name"]), driver, {
      labels: record(config["Labels"]),
      options: record(config["Options"]),
    });
    state.emit({
      Type: "network",
      Action: "create",
      Actor: { ID: network.id, Attributes: { name: network.name, type: driver } },
    });
    json(201, { Id: network.id, Warning: "" });
  }),
  route("GET", /^\/networks\/([^/]+)$/, ({ state, params, json, fail }) => {
    const network = state.findNetwork(params[0] ?? "");
    if (!network) return fail(404, `network ${params[0]} not found`);
    json(200, networkSummary(network));
  }),
  route("POST", /^\/networks\/([^/]+)\/(?:dis)?connect$/, ({ state, params, empty, fail }) => {
    const network = state.findNetwork(params[0] ?? "");
    if (!network) return fail(404, `network ${params[0]} not found`);
    empty(200);
  }),
  route("DELETE", /^\/networks\/([^/]+)$/, ({ state, params, empty, fail }) => {
    const network = state.findNetwork(params[0] ?? "");
    if (!network) return fail(404, `network ${params[0]} not found`);
    state.networks.delete(network.id);
    state.emit({
      Type: "network",
      Action: "destroy",
      Actor: { ID: network.id, Attributes: { name: network.name } },
    });
    empty(204);
  }),
  route("GET", /^\/volumes$/, ({ state, json }) =>
    json(200, { Volumes: [...state.volumes.values()].map(volumeSummary), Warnings: null }),
  ),
  route("POST", /^\/volumes\/create$/, async ({ state, body, json }) => {
    const config = await body();
    const name = text(config["Name"]) || hexId();
    const volume = state.volumes.get(name) ?? {
      name,
      driver: text(config["Driver"]) || "local",
      labels: record(config["Labels"]),
      createdAt: state.now(),
    };
    state.volumes.set(name, volume);
    state.emit({
      Type: "volume",
      Action: "create",
      Actor: { ID: name, Attributes: { driver: volume.driver } },
    });
    json(201, volumeSummary(volume));
  }),
  route("GET", /^\/volumes\/([^/]+)$/, ({ state, params, json, fail }) => {
    const volume = state.volumes.get(params[0] ?? "");
    if (!volume) return fail(404, `get ${params[0]}: no such volume`);
    json(200, volumeSummary(volume));
  }),
  route("DELETE", /^\/volumes\/([^/]+)$/, ({ state, params, empty, fail }) => {
    if (!state.volumes.delete(params[0] ?? "")) return fail(404, `get ${params[0]}: no such volume`);
    state.emit({
      Type: "volume",
      Action: "destroy",
      Actor: { ID: params[0], Attributes: { driver: "local" } },
    });
    empty(204);
  }),
  route("GET", /^\/system\/df$/, ({ state, json }) =>
    json(200, {
      LayersSize: 4_261_574,
      Images: [...state.images.values()].map(imageSummary),
      Containers: state.list(true, {}),
      Volumes: [...state.volumes.values()].map(volumeSummary),
      BuildCache: [],
    }),
  ),
  route("POST", /^\/auth$/, ({ json }) => json(200, { Status: "Login Succeeded", IdentityToken: "" })),
];

function info(state: Exchange["state"]): Json {
  const { specs, containers } = state;
  const all = [...containers.values()];
  return {
    ID: specs.id,
    Containers: all.length,
    ContainersRunning: all.filter((one) => one.state === "running").length,
    ContainersPaused: all.filter((one) => one.state === "paused").length,
    ContainersStopped: all.filter((one) => !isAlive(one)).length,
    Images: state.images.size,
    Driver: "overlay2",
    DriverStatus: [["Backing Filesystem", "extfs"]],
    Plugins: {
      Volume: ["local"],
      Network: ["bridge", "host", "null", "overlay"],
      Authorization: null,
      Log: ["json-file"],
    },
    MemoryLimit: true,
    SwapLimit: true,
    NFd: 30,
    NGoroutines: 40,
    SystemTime: state.now().toISOString(),
    LoggingDriver: "json-file",
    CgroupDriver: "systemd",
    CgroupVersion: "2",
    NEventsListener: state.listeners.size,
    KernelVersion: "6.1.0-18-amd64",
    OperatingSystem: "Debian GNU/Linux 12 (bookworm)",
    OSVersion: "12",
    OSType: "linux",
    Architecture: "x86_64",
    IndexServerAddress: "https://index.docker.io/v1/",
    NCPU: specs.cpus,
    MemTotal: specs.memoryBytes,
    DockerRootDir: "/var/lib/docker",
    Name: specs.name,
    Labels: specs.labels,
    ExperimentalBuild: false,
    ServerVersion: specs.version,
    Swarm: { NodeID: "", NodeAddr: "", LocalNodeState: "inactive" },
    LiveRestoreEnabled: false,
  };
}

function ping({ response, state }: Exchange): void {
  response.writeHead(200, {
    "Content-Type": "text/plain; charset=utf-8",
    "Api-Version": state.specs.apiVersion,
    "Cache-Control": "no-cache, no-store, must-revalidate",
    Ostype: "linux",
    "Docker-Experimental": "false",
    "Builder-Version": "2",
  });
  response.end("OK");
}

function events({ state, request, response, query }: Exchange): void {
  const since = nanoOf(query.get("since"));
  const until = Number(query.get("until") ?? Number.NaN);
  response.writeHead(200, { "Content-Type": "application/json" });
  response.flushHeaders();
  const send = (event: Json) => void response.write(`${JSON.stringify(event)}\n`);
  if (since !== undefined)
    for (const event of state.events) if (BigInt(String(event["timeNano"])) >= since) send(event);
  if (!Number.isNaN(until) && until * 1000 <= state.now().getTime()) {
    response.end();
    return;
  }
  state.listeners.add(send);
  request.socket.once("close", () => state.listeners.delete(send));
}

/** "seconds" or "seconds.nanoseconds" */
function nanoOf(text: string | null): bigint | undefined {
  const found = /^(\d+)(?:\.(\d{1,9}))?$/.exec(text ?? "");
  return found ? BigInt(`${found[1]}${(found[2] ?? "").padEnd(9, "0")}`) : undefined;
}

function pull({ state, query, response, fail }: Exchange) {
  const name = query.get("fromImage") ?? "";
  const tag = query.get("tag") || "latest";
  const full = /:[^/]*$/.test(name) ? name : `${name}:${tag}`;
  if (!state.specs.registry.includes(full) && !state.findImage(full))
    return fail(
      404,
      `pull access denied for ${name}, repository does not exist or may require 'docker login': denied: requested access to the resource is denied`,
    );
  response.writeHead(200, { "Content-Type": "application/json" });
  response.write(`{"status":"Pulling from ${name}","id":"${tag}"}\r\n`);
  const image = state.addImage(full);
  response.end(`{"status":"Status: Downloaded newer image for ${full}"}\r\n`);
  state.emit({
    status: "pull",
    id: full,
    Type: "image",
    Action: "pull",
    Actor: { ID: full, Attributes: { name: image.id } },
  });
}
