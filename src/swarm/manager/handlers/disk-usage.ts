import { messageOf } from "../../../kit/errors.ts";
import type { ClusterNode } from "../../cluster/cluster.ts";
import { isJson, listAt, numberAt, textAt, textsAt } from "../../scheduler/json.ts";
import type { Json } from "../../scheduler/model.ts";
import type { Exchange } from "../exchange.ts";
import { healthyNodes, onNodes } from "../fan-out.ts";

const slowMs = 120_000;

/** GET /system/df: the disk usage of all Healthy nodes put together. */
export async function diskUsage(exchange: Exchange): Promise<void> {
  const path = exchange.rawQuery === "" ? "/system/df" : `/system/df?${exchange.rawQuery}`;
  const outcomes = await onNodes(healthyNodes(exchange.manager), async (node) => {
    const { client } = node;
    const apiVersion = client.nearestApiVersion(exchange.apiVersion);
    const { body } = await client.json({ method: "GET", path, apiVersion, timeoutMs: slowMs });
    return isJson(body) ? body : {};
  });
  const sum = { LayersSize: 0, BuilderSize: 0 };
  const images = new Map<string, Json>();
  const lists: Record<string, unknown[]> = { Containers: [], Volumes: [], BuildCache: [] };
  for (const { node, value, error } of outcomes) {
    if (error !== undefined) exchange.manager.log.warn(`disk usage of ${node.name}: ${messageOf(error)}`);
    if (value === undefined) continue;
    sum.LayersSize += numberAt(value, "LayersSize");
    sum.BuilderSize += numberAt(value, "BuilderSize");
    for (const image of listAt(value, "Images").filter(isJson)) addImage(images, image);
    lists["Containers"]?.push(...listAt(value, "Containers").filter(isJson).map(atNode(node, "Names")));
    lists["Volumes"]?.push(...listAt(value, "Volumes").filter(isJson).map(atNode(node, "Name")));
    lists["BuildCache"]?.push(...listAt(value, "BuildCache"));
  }
  exchange.json(200, {
    LayersSize: sum.LayersSize,
    Images: [...images.values()],
    ...lists,
    BuilderSize: sum.BuilderSize,
  });
}

/** An image that several nodes have is one line; it is in use when it is on one of them. */
function addImage(images: Map<string, Json>, image: Json): void {
  const id = textAt(image, "Id");
  const known = images.get(id);
  const containers = Math.max(0, numberAt(known, "Containers")) + Math.max(0, numberAt(image, "Containers"));
  images.set(id, { ...image, ...(known ? { Containers: containers } : {}) });
}

function atNode(node: ClusterNode, key: "Names" | "Name"): (entry: Json) => Json {
  return (entry) =>
    key === "Name"
      ? { ...entry, Name: `${node.name}/${textAt(entry, "Name")}` }
      : { ...entry, Names: textsAt(entry, "Names").map((name) => `/${node.name}${name}`) };
}
