import type { ClusterContainer } from "./cluster.ts";

const maxExecs = 100_000;

/** Which container each exec belongs to; the oldest are forgotten. */
export class ExecMemory {
  readonly #execs = new Map<string, ClusterContainer>();

  remember(execId: string, container: ClusterContainer): void {
    this.#execs.set(execId, container);
    if (this.#execs.size <= maxExecs) return;
    const [oldest] = this.#execs.keys();
    if (oldest !== undefined) this.#execs.delete(oldest);
  }

  containerOf(execId: string): ClusterContainer | undefined {
    return this.#execs.get(execId);
  }
}
