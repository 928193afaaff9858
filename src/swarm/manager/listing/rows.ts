import type { Cluster, ClusterContainer } from "../../cluster/cluster.ts";

/** A container in the order of `docker ps`. */
export class Row {
  readonly container: ClusterContainer;
  /** One of the Swarm's own containers, which only lists of all show. */
  readonly isOwn: boolean;
  readonly isRunning: boolean;

  constructor(container: ClusterContainer) {
    const { state, image } = container;
    this.container = container;
    this.isOwn = /^swarm(?:[:@]|$)/.test(image);
    this.isRunning = state === "running" || state === "paused" || state === "restarting";
  }

  /** When it was made, by the manager's clock. */
  get createdMs(): number {
    return this.container.life.createdMs + this.container.node.clockDeltaMs;
  }
}

/** All containers, newest first; sorted anew only when the cluster has changed, from the order of before. */
export class Rows {
  readonly #cluster: Cluster;
  #revision = -1;
  #rows: readonly Row[] = [];

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  listed(): readonly Row[] {
    const { revision } = this.#cluster;
    if (revision === this.#revision) return this.#rows;
    const live = new Set(this.#cluster.containers());
    const rows: Row[] = [];
    for (const row of this.#rows) if (live.delete(row.container)) rows.push(row);
    for (const container of live) rows.push(new Row(container));
    rows.sort(compareRows); // nearly sorted already: close to linear
    this.#rows = rows;
    this.#revision = revision;
    return rows;
  }
}

function compareRows(a: Row, b: Row): number {
  const byTime = b.createdMs - a.createdMs;
  if (byTime !== 0) return byTime;
  return a.container.id < b.container.id ? -1 : 1;
}
