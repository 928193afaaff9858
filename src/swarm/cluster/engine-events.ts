import { messageOf } from "../../kit/errors.ts";
import { numberAt, objectAt, textAt } from "../scheduler/json.ts";
import type { Json } from "../scheduler/model.ts";
import type { EngineSync } from "./engine-sync.ts";
import { forEachLimited } from "./limiter.ts";

/** Actions of a container that change nothing that is kept. */
const idleActions: ReadonlySet<string> = new Set([
  "top",
  "resize",
  "export",
  "exec_create",
  "exec_start",
  "exec_detach",
  "exec_die",
  "attach",
  "detach",
  "extract-to-dir",
  "copy",
  "archive-path",
]);

const refreshesAtOnce = 8;
/** More containers than this in one burst: one list is cheaper. */
const manyContainers = 50;

/** What a burst of events makes stale. */
interface Stale {
  containers: Set<string>;
  images: boolean;
  networks: boolean;
  volumes: boolean;
  specs: boolean;
}

/** What one engine's events ask to be fetched again. */
function staleAfter(events: readonly Json[], sync: EngineSync): Stale {
  const stale: Stale = {
    containers: new Set(),
    images: false,
    networks: false,
    volumes: false,
    specs: false,
  };
  for (const event of events) {
    const action = (textAt(event, "Action") || textAt(event, "status")).split(":", 1)[0] ?? "";
    const id = textAt(objectAt(event, "Actor"), "ID") || textAt(event, "id");
    switch (textAt(event, "Type") || "container") {
      case "container":
        if (action === "commit") stale.images = true;
        else if (idleActions.has(action) || !/^[0-9a-f]{64}$/.test(id)) break;
        else if (!sync.isSeen(id, action, numberAt(event, "timeNano") / 1e6)) stale.containers.add(id);
        break;
      case "image":
        stale.images = true;
        break;
      case "network":
        stale.networks = true;
        break;
      case "volume":
        stale.volumes = true;
        break;
      case "daemon":
        stale.specs = true;
        break;
    }
  }
  return stale;
}

/** Fetches what a burst of events made stale, each thing once. */
export async function refreshAfter(
  events: readonly Json[],
  sync: EngineSync,
  refreshSpecs: () => Promise<void>,
  onError: (message: string) => void,
): Promise<void> {
  const stale = staleAfter(events, sync);
  const ids = [...stale.containers];
  const jobs: (() => Promise<void>)[] = [
    ids.length > manyContainers
      ? () => sync.containers()
      : () => forEachLimited(ids, refreshesAtOnce, (id) => sync.container(id)),
  ];
  if (stale.images) jobs.push(() => sync.images());
  if (stale.networks) jobs.push(() => sync.networks());
  if (stale.volumes) jobs.push(() => sync.volumes());
  if (stale.specs) jobs.push(refreshSpecs);
  for (const result of await Promise.allSettled(jobs.map((job) => job())))
    if (result.status === "rejected") onError(messageOf(result.reason));
}
