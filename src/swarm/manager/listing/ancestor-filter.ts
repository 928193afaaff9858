import type { Cluster } from "../../cluster/cluster.ts";
import { textAt } from "../../scheduler/json.ts";
import type { Row } from "./rows.ts";

/** Tests whether a container's image is the named one or was built on it. */
export function imageTest(reference: string, cluster: Cluster): (row: Row) => boolean {
  const wanted = new Set(cluster.findImages(reference).map(({ summary }) => textAt(summary, "Id")));
  const parents = new Map<string, string>();
  if (wanted.size > 0) {
    for (const { summary } of cluster.images())
      parents.set(textAt(summary, "Id"), textAt(summary, "ParentId"));
  }
  return ({ container }) => {
    if (container.image === reference) return true;
    let id = textAt(container.summary, "ImageID");
    for (let depth = 0; id !== "" && depth < 200; depth++) {
      if (wanted.has(id)) return true;
      id = parents.get(id) ?? "";
    }
    return false;
  };
}
