import { messageOf } from "../../../kit/errors.ts";
import type { ClusterContainer } from "../../cluster/cluster.ts";
import { SwarmError } from "../../errors.ts";
import { isJson, listAt, textAt } from "../../scheduler/json.ts";
import type { Exchange } from "../exchange.ts";
import { hijackOrProxy, proxy } from "../proxy.ts";
import { rewriteInspect } from "../rewrite/inspect.ts";
import { containerPath, findContainer, findReachable, missing } from "./find-container.ts";

const slowCallMs = 120_000;

/** POST /containers/create. */
export async function createContainer(exchange: Exchange): Promise<void> {
  const { query, manager } = exchange;
  const config = await exchange.readJson();
  const platform = query.get("platform") ?? "";
  const { container, warnings } = await manager.cluster.createContainer({
    name: (query.get("name") ?? "").replace(/^\//, ""),
    config,
    registryAuth: exchange.header("x-registry-auth"),
    apiVersion: exchange.apiVersion,
    ...(platform === "" ? {} : { platform }),
    signal: exchange.signal,
  });
  exchange.json(201, { Id: container.id, ...(warnings.length === 0 ? {} : { Warnings: warnings }) });
}

/** GET /containers/X/json: asked of the engine now, with the node put in. */
export async function inspectContainer(exchange: Exchange): Promise<void> {
  const { node, id } = findReachable(exchange, missing.plain);
  const size = exchange.flag("size") ? "?size=1" : "";
  const { bytes } = await node.client.read({
    method: "GET",
    path: `/containers/${id}/json${size}`,
    signal: exchange.signal,
    apiVersion: node.client.nearestApiVersion(exchange.apiVersion),
  });
  exchange.text(200, rewriteInspect(bytes.toString("utf8"), node), "application/json");
}

/** POST /containers/X/start. */
export async function startContainer(exchange: Exchange): Promise<void> {
  const { manager } = exchange;
  const container = findContainer(exchange, missing.plain);
  exchange.request.resume(); // old clients send a host config, which engines refuse today
  manager.checkPrimary();
  const { client } = container.node;
  await client.read({
    method: "POST",
    path: containerPath(exchange, container, "start"),
    timeoutMs: slowCallMs,
    apiVersion: client.nearestApiVersion(exchange.apiVersion),
  });
  await refresh(exchange, container);
  exchange.empty(204);
}

/** DELETE /containers/X. */
export async function removeContainer(exchange: Exchange): Promise<void> {
  const container = findContainer(exchange, missing.removal);
  if (exchange.flag("link")) {
    await proxy(exchange, container.node, {
      path: `/containers/${container.id}?${exchange.rawQuery}`,
      onHead: () => refresh(exchange, container),
    });
    return;
  }
  const { cluster } = exchange.manager;
  try {
    await cluster.removeContainer(container, {
      force: exchange.flag("force"),
      volumes: exchange.flag("v"),
      apiVersion: exchange.apiVersion,
    });
  } catch (error) {
    throw new SwarmError(500, messageOf(error), { cause: error });
  }
  exchange.empty(204);
}

/** POST /containers/X/rename. */
export async function renameContainer(exchange: Exchange): Promise<void> {
  const container = findReachable(exchange, missing.plain);
  const name = exchange.query.get("name") ?? "";
  if (name.replace(/^\//, "") === "") throw new SwarmError(500, "neither old nor new names may be empty");
  await exchange.manager.cluster.renameContainer(container, name);
  exchange.empty(204);
}

/** Everything that is the engine's own affair: logs, top, stats, archive, … */
export async function proxyContainer(exchange: Exchange): Promise<void> {
  const container = findReachable(exchange, missing.proxied);
  await proxy(exchange, container.node, { path: containerPath(exchange, container, action(exchange)) });
}

/** The same for what changes the container: it is looked at again before the client hears of it. */
export async function proxyChange(exchange: Exchange): Promise<void> {
  const container = findReachable(exchange, missing.proxied);
  await proxy(exchange, container.node, {
    path: containerPath(exchange, container, action(exchange)),
    onHead: () => refresh(exchange, container),
  });
}

/** POST /containers/X/wait: the head at once, the rest when the container has ended. */
export async function waitContainer(exchange: Exchange): Promise<void> {
  const container = findReachable(exchange, missing.proxied);
  await proxy(exchange, container.node, {
    path: containerPath(exchange, container, "wait"),
    onEnd: () => refresh(exchange, container),
  });
}

/** POST /containers/X/attach and GET /containers/X/attach/ws. */
export async function attachContainer(exchange: Exchange): Promise<void> {
  const container = findReachable(exchange, missing.proxied);
  await hijackOrProxy(exchange, container.node, containerPath(exchange, container, action(exchange)));
}

/** POST /containers/X/exec. */
export async function createExec(exchange: Exchange): Promise<void> {
  const container = findContainer(exchange, missing.plain);
  const config = await exchange.readJson();
  if (listAt(config, "Cmd").length === 0) throw new SwarmError(400, "No exec command specified");
  const { client } = container.node;
  const { body } = await client.json({
    method: "POST",
    path: `/containers/${container.id}/exec`,
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(config),
    apiVersion: client.nearestApiVersion(exchange.apiVersion),
  });
  const id = isJson(body) ? textAt(body, "Id") : "";
  if (id === "") throw new SwarmError(500, `${container.node.name} answered without an exec id`);
  exchange.manager.cluster.rememberExec(id, container);
  exchange.json(201, { Id: id });
}

/** POST /exec/ID/start. */
export async function startExec(exchange: Exchange): Promise<void> {
  const { node } = await execContainer(exchange);
  await hijackOrProxy(exchange, node, `/exec/${exchange.name}/start${querySuffix(exchange)}`);
}

/** POST /exec/ID/resize and GET /exec/ID/json. */
export async function proxyExec(exchange: Exchange): Promise<void> {
  const { node } = await execContainer(exchange);
  await proxy(exchange, node, { path: `/exec/${exchange.name}/${action(exchange)}${querySuffix(exchange)}` });
}

async function execContainer(exchange: Exchange): Promise<ClusterContainer> {
  const container = await exchange.manager.execs.find(exchange.name);
  if (!container || !/^[\w.-]+$/.test(exchange.name))
    throw new SwarmError(404, `Exec ${exchange.name} not found`);
  return container;
}

/** What stands behind the name in the path: "logs", "attach/ws". */
function action(exchange: Exchange): string {
  const found = /\/(attach\/ws|[a-z]+)$/.exec(exchange.path);
  return found?.[1] ?? "";
}

function querySuffix(exchange: Exchange): string {
  return exchange.rawQuery === "" ? "" : `?${exchange.rawQuery}`;
}

/** Sees what became of a container; a failure shows at the next refresh. */
async function refresh(exchange: Exchange, container: ClusterContainer): Promise<void> {
  const { cluster, log } = exchange.manager;
  try {
    await cluster.refreshContainer(container);
  } catch (error) {
    log.debug(`refresh of ${container.id}: ${messageOf(error)}`);
  }
}
