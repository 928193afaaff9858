import { SwarmError } from "../../errors.ts";
import { objectAt, textAt, textMapAt } from "../../scheduler/json.ts";
import type { Json } from "../../scheduler/model.ts";
import type { Exchange } from "../exchange.ts";
import { Filters, hasLabel } from "../query-filters.ts";
import type { Subscription } from "../streams/event-hub.ts";
import { drained } from "../streams/write-pieces.ts";

/** GET /events: what happens on all nodes, as it comes, from `since` to `until`. */
export async function events(exchange: Exchange): Promise<void> {
  const { query, manager, response } = exchange;
  const { clock } = manager;
  const now = clock.now() / 1000;
  const since = timeOf("since", query.get("since"), now);
  const until = timeOf("until", query.get("until"), now);
  const filters = new Filters(query.get("filters"));
  const subscription = manager.events.subscribe(
    since,
    ({ json, time }) => (until === undefined || time <= until) && passes(json, filters),
  );
  response.once("close", () => subscription.close());
  response.writeHead(200, { "Content-Type": "application/json" });
  response.flushHeaders();
  const ended = new AbortController();
  if (until !== undefined) {
    const leftMs = Math.max(0, until * 1000 - clock.now());
    clock.delay(leftMs, AbortSignal.any([exchange.signal, ended.signal])).then(
      () => subscription.end(),
      () => undefined, // over before
    );
  }
  try {
    await send(exchange, subscription);
  } finally {
    ended.abort();
    subscription.close();
  }
}

async function send(exchange: Exchange, subscription: Subscription): Promise<void> {
  const { response } = exchange;
  for (;;) {
    const event = await subscription.next();
    if (response.destroyed) return;
    if (event === undefined) break;
    if (!response.write(event.bytes)) await drained(response);
  }
  if (subscription.isCutOff) response.destroy();
  else response.end();
}

/** Seconds since 1970 with or without fraction, or RFC 3339; undefined where it is not given. */
function timeOf(key: string, text: string | null, now: number): number | undefined {
  if (text === null || text === "" || text === "0") return key === "until" || !text ? undefined : 0;
  if (/^-?\d+(?:\.\d+)?$/.test(text)) return Number(text);
  const span = /^(\d+(?:\.\d+)?)(h|m|s)$/.exec(text);
  if (span) return now - Number(span[1]) * (span[2] === "h" ? 3600 : span[2] === "m" ? 60 : 1);
  const parsed = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) / 1000 : Number.NaN;
  if (Number.isNaN(parsed)) throw new SwarmError(400, `invalid value for "${key}": "${text}"`);
  return parsed;
}

function passes(event: Json, filters: Filters): boolean {
  if (filters.isEmpty) return true;
  const type = textAt(event, "Type");
  const action = textAt(event, "Action") || textAt(event, "status");
  const actor = objectAt(event, "Actor");
  const id = textAt(actor, "ID") || textAt(event, "id");
  const attributes = textMapAt(actor, "Attributes");
  const node = objectAt(event, "node");
  const isObject = (kind: string) => (value: string) =>
    type === kind &&
    (id === value || (value.length >= 12 && id.startsWith(value)) || attributes["name"] === value);
  return (
    filters.some("type", (value) => value === type) &&
    filters.some("event", (value) => value === action || action.startsWith(`${value}:`)) &&
    filters.every("label", (value) => hasLabel(attributes, value)) &&
    filters.some("scope", (value) => value === textAt(event, "scope")) &&
    filters.some("node", (value) => value === textAt(node, "Name") || value === textAt(node, "Id")) &&
    filters.some("daemon", (value) => value === textAt(node, "Name") || value === textAt(node, "Id")) &&
    filters.some("image", (value) => isImage(value, type, id, attributes)) &&
    ["container", "network", "volume", "plugin"].every((kind) => filters.some(kind, isObject(kind)))
  );
}

function isImage(wanted: string, type: string, id: string, attributes: Record<string, string>): boolean {
  const names = type === "image" ? [id, attributes["name"] ?? ""] : [attributes["image"] ?? ""];
  return names.some((name) => name === wanted || name.replace(/:[^/:]*$/, "") === wanted);
}
