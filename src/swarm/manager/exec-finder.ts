import type { Cluster, ClusterContainer } from "../cluster/cluster.ts";
import { isJson, textAt } from "../scheduler/json.ts";
import { onNodes } from "./fan-out.ts";

const execId = /^[0-9a-f]{64}$/;
const askTimeoutMs = 5_000;

/** Which container an exec belongs to; what this manager did not see made, before its start for one, it asks the engines. */
export class ExecFinder {
  readonly #cluster: Cluster;
  /** One search for each id at a time, whoever asks. */
  readonly #searches = new Map<string, Promise<ClusterContainer | undefined>>();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  async find(id: string): Promise<ClusterContainer | undefined> {
    const known = this.#cluster.execContainer(id);
    if (known || !execId.test(id)) return known;
    let search = this.#searches.get(id);
    if (!search) {
      search = this.#search(id).finally(() => this.#searches.delete(id));
      this.#searches.set(id, search);
    }
    return search;
  }

  async #search(id: string): Promise<ClusterContainer | undefined> {
    const nodes = this.#cluster.nodes().filter(({ status }) => status === "Healthy");
    let found: ClusterContainer | undefined;
    await onNodes(nodes, async ({ client }) => {
      if (found) return;
      const path = `/exec/${id}/json`;
      const { body } = await client.json({ method: "GET", path, timeoutMs: askTimeoutMs });
      if (isJson(body)) found ??= this.#cluster.container(textAt(body, "ContainerID"));
    });
    if (found) this.#cluster.rememberExec(id, found);
    return found;
  }
}
