import { setImmediate } from "node:timers/promises";
import type { ClusterNode } from "../../cluster/cluster.ts";
import { SwarmError } from "../../errors.ts";
import { isJson, textAt } from "../../scheduler/json.ts";
import type { Json } from "../../scheduler/model.ts";
import type { Exchange } from "../exchange.ts";
import { healthyNodes, onNodes } from "../fan-out.ts";
import { containerTest, createdOf } from "../listing/container-filters.ts";
import { isShownByDefault } from "../listing/container-lists.ts";
import { listEntry } from "../listing/list-entry.ts";
import type { Row } from "../listing/rows.ts";
import { statusLine } from "../listing/status-text.ts";
import { Filters } from "../query-filters.ts";

/** GET /containers/json and /containers/ps. */
export async function listContainers(exchange: Exchange): Promise<void> {
  const { query, manager } = exchange;
  const filters = new Filters(query.get("filters"));
  const limit = limitOf(query.get("limit"));
  const before = query.get("before") ?? "";
  const since = query.get("since") ?? "";
  const hasSize = exchange.flag("size");
  const isAll = exchange.flag("all") || filters.get("status").includes("exited");
  const isAnyState = isAll || filters.has("status") || limit > 0 || before !== "" || since !== "";
  if (filters.isEmpty && limit === 0 && before === "" && since === "" && !hasSize) {
    await manager.pieces.write(exchange, await manager.lists.wholeList(isAll ? "all" : "running"));
    return;
  }
  const { cluster } = manager;
  await refreshAsAsked(exchange, filters);
  const passes = containerTest(filters, cluster);
  const beforeMs = before === "" ? Number.POSITIVE_INFINITY : createdOf(cluster, before);
  const sinceMs = since === "" ? Number.NEGATIVE_INFINITY : createdOf(cluster, since);
  const rows: Row[] = [];
  let looked = 0;
  for (const row of manager.lists.rows()) {
    if (++looked % 2000 === 0) await setImmediate();
    if (isAnyState ? !isAll && row.isOwn : !isShownByDefault(row)) continue;
    if (before !== "" && row.createdMs >= beforeMs) continue;
    if (since !== "" && row.createdMs <= sinceMs) continue;
    if (!passes(row)) continue;
    rows.push(row);
    if (limit > 0 && rows.length >= limit) break;
  }
  const sizes = hasSize ? await sizesOf(exchange, rows) : new Map<string, Json>();
  await manager.pieces.write(exchange, await render(exchange, rows, sizes));
}

/** Lists with some filters are answered from what the engines say now, where the manager was started so. */
async function refreshAsAsked(exchange: Exchange, filters: Filters): Promise<void> {
  const { cluster, options } = exchange.manager;
  const { refreshOnNodeFilter = false, containerNameRefreshFilter = "" } = options;
  const isAll = containerNameRefreshFilter !== "" && filters.get("name").includes(containerNameRefreshFilter);
  const isNode = (node: ClusterNode) =>
    filters.some("node", (name) => name === node.name || name === node.id);
  if (!isAll && !(refreshOnNodeFilter && filters.has("node"))) return;
  const nodes = healthyNodes(exchange.manager).filter((node) => isAll || isNode(node));
  await onNodes(nodes, (node) => cluster.refreshAll(node));
}

function limitOf(text: string | null): number {
  if (text === null || text === "") return 0;
  const limit = Number(text);
  if (!Number.isInteger(limit)) throw new SwarmError(400, `strconv.Atoi: parsing "${text}": invalid syntax`);
  return Math.max(0, limit);
}

async function render(
  exchange: Exchange,
  rows: readonly Row[],
  sizes: ReadonlyMap<string, Json>,
): Promise<Buffer[]> {
  const { lists, clock } = exchange.manager;
  const now = clock.now();
  const pieces: Buffer[] = [];
  let texts: string[] = [];
  for (const [at, { container }] of rows.entries()) {
    const stamp = lists.stamps.of(container.node);
    const { before, after, facts } = listEntry(container, stamp, sizes.get(container.id));
    const { text } = statusLine(facts, stamp.isHealthy, now, now - stamp.clockDeltaMs);
    texts.push(`${at === 0 ? "[" : ","}${before}${JSON.stringify(text)}${after}`);
    if (texts.length < 100) continue;
    pieces.push(Buffer.from(texts.join("")));
    texts = [];
    await setImmediate();
  }
  pieces.push(Buffer.from(`${texts.join("")}${rows.length === 0 ? "[]" : "]"}`));
  return pieces;
}

/** What only engines know: SizeRw and SizeRootFs by container id. */
async function sizesOf(exchange: Exchange, rows: readonly Row[]): Promise<Map<string, Json>> {
  const byNode = new Map<ClusterNode, string[]>();
  for (const { container } of rows) {
    const ids = byNode.get(container.node);
    if (ids) ids.push(container.id);
    else byNode.set(container.node, [container.id]);
  }
  const sizes = new Map<string, Json>();
  const ask = async ([node, ids]: [ClusterNode, string[]]) => {
    if (node.status !== "Healthy") return;
    const filters = ids.length <= 20 ? `&filters=${encodeURIComponent(JSON.stringify({ id: ids }))}` : "";
    const path = `/containers/json?all=1&size=1${filters}`;
    const { body } = await node.client.json({
      method: "GET",
      path,
      timeoutMs: 60_000,
      signal: exchange.signal,
    });
    if (!Array.isArray(body)) return;
    for (const entry of body.filter(isJson)) {
      const { SizeRw, SizeRootFs } = entry;
      sizes.set(textAt(entry, "Id"), {
        ...(SizeRw === undefined ? {} : { SizeRw }),
        ...(SizeRootFs === undefined ? {} : { SizeRootFs }),
      });
    }
  };
  const outcomes = await Promise.allSettled([...byNode].map(ask));
  for (const outcome of outcomes)
    if (outcome.status === "rejected") exchange.manager.log.debug(`sizes: ${String(outcome.reason)}`);
  return sizes;
}
