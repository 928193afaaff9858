import { setImmediate } from "node:timers/promises";
import type { Clock } from "../../../kit/clock.ts";
import type { Cluster } from "../../cluster/cluster.ts";
import { Chunks } from "./chunks.ts";
import { NodeStamps } from "./list-entry.ts";
import { type Row, Rows } from "./rows.ts";

/** What the answers to containers/json are made from; kept between requests. */
export class ContainerLists {
  readonly stamps = new NodeStamps();
  readonly #clock: Clock;
  readonly #rows: Rows;
  readonly #chunks = { all: new Chunks(this.stamps), running: new Chunks(this.stamps) };
  #rendering: Promise<unknown> = Promise.resolve();

  constructor(cluster: Cluster, clock: Clock) {
    this.#clock = clock;
    this.#rows = new Rows(cluster);
  }

  /** Newest first. */
  rows(): readonly Row[] {
    return this.#rows.listed();
  }

  /** The whole list as bytes in pieces, brackets and commas included. */
  async wholeList(kind: "all" | "running"): Promise<Buffer[]> {
    const job = this.#rendering.then(async () => {
      const rows = kind === "all" ? this.rows() : this.rows().filter(isShownByDefault);
      return this.#chunks[kind].render(rows, this.#clock.now(), () => setImmediate());
    });
    this.#rendering = job.catch(() => undefined); // its own caller hears of it
    return [Buffer.from("["), ...(await job), Buffer.from("]")];
  }
}

/** Whether `docker ps` without -a shows it. */
export function isShownByDefault(row: Row): boolean {
  return row.isRunning && !row.isOwn && row.container.node.status === "Healthy";
}
