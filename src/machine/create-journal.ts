import type { CreateHooks, MadeResource } from "../driver/driver.ts";
import type { Journal } from "../store/journal.ts";
import type { Store } from "../store/store.ts";

/** Keeps the journal of one create: in memory until the name is reserved, then on disk before each step. */
export class CreateJournal implements CreateHooks {
  private readonly store: Store;
  private readonly name: string;
  private state: Journal;
  private writes: Promise<void> = Promise.resolve();

  constructor(store: Store, name: string, state: Journal) {
    this.store = store;
    this.name = name;
    this.state = state;
  }

  get current(): Journal {
    return this.state;
  }

  get alreadyMaking(): readonly MadeResource[] {
    return this.state.resources;
  }

  async othersMaking(): Promise<readonly MadeResource[]> {
    const others = (await this.store.names()).filter((name) => name !== this.name);
    const journals = await Promise.all(others.map((name) => this.store.readJournal(name)));
    return journals.flatMap((journal) => journal?.resources ?? []);
  }

  isDone(step: string): boolean {
    return this.state.done.includes(step);
  }

  begin(step: string): Promise<void> {
    return this.update({ step });
  }

  finish(step: string): Promise<void> {
    return this.update({ done: [...this.state.done, step] });
  }

  /** Notes a resource outside the store before it is made. */
  making(resource: MadeResource): Promise<void> {
    const known = this.state.resources.some(({ kind, id }) => kind === resource.kind && id === resource.id);
    return known ? Promise.resolve() : this.update({ resources: [...this.state.resources, resource] });
  }

  fail(reason: string): Promise<void> {
    return this.update({ failure: reason });
  }

  /** One write after another, each with all that is known by then. */
  private update(change: Partial<Journal>): Promise<void> {
    this.state = { ...this.state, ...change };
    const write = this.writes
      .catch(() => undefined)
      .then(() => this.store.writeJournal(this.name, this.state));
    this.writes = write;
    return write;
  }
}
