import { messageOf } from "../../kit/errors.ts";
import type { Log } from "../../kit/log.ts";
import { EngineHttpError } from "../engine/errors.ts";
import { isJson, listAt, textAt } from "../scheduler/json.ts";
import type { Json } from "../scheduler/model.ts";
import { ContainerEntry, type Inspected } from "./container-entry.ts";
import { Coalescer, forEachLimited, type Limiter } from "./limiter.ts";
import type { NodeState } from "./node-state.ts";
import type { Packer } from "./packer.ts";
import type { ImageIndex, NetworkIndex, VolumeIndex } from "./resource-index.ts";

export interface SyncContext {
  readonly images: ImageIndex;
  readonly networks: NetworkIndex;
  readonly volumes: VolumeIndex;
  readonly packer: Packer;
  /** Bounds the engines whose containers are inspected at the same time. */
  readonly limiter: Limiter;
  readonly log: Log;
  readonly onChange: () => void;
}

const listTimeoutMs = 30_000;
const inspectsAtOnce = 4;
/** An engine tells of a start at most so long after the time that it notes for it; a next start comes later. */
const startLagMs = 1_000;

/** Brings one engine's containers, images, networks and volumes into the cache. */
export class EngineSync {
  readonly #node: NodeState;
  readonly #context: SyncContext;
  readonly #coalescer = new Coalescer();

  constructor(node: NodeState, context: SyncContext) {
    this.#node = node;
    this.#context = context;
  }

  /** One after the other, so that an engine at rest needs one idle connection and not four. */
  async everything(): Promise<void> {
    await this.containers();
    await this.images();
    await this.optional();
  }

  /** Networks and volumes; an engine that cannot tell them is none the worse. */
  async optional(): Promise<void> {
    for (const job of [() => this.networks(), () => this.volumes()])
      await job().catch((error: unknown) =>
        this.#context.log.debug(`${this.#node.name}: ${messageOf(error)}`),
      );
  }

  /** Lists all containers and inspects those that are new or changed. */
  async containers(): Promise<void> {
    await this.inspect(await this.list());
  }

  /** Lists all containers; @returns the entries that are to be inspected */
  async list(): Promise<readonly Json[]> {
    const node = this.#node;
    const start = node.nextSight();
    const summaries = await this.#listContainers("/containers/json?all=1");
    const present = new Set(summaries.map((summary) => textAt(summary, "Id")));
    for (const entry of Array.from(node.entries()))
      if (entry.seenAt <= start && !present.has(entry.id)) node.remove(entry.id);
    return summaries.filter((summary) => {
      const id = textAt(summary, "Id");
      const known = node.entry(id);
      if ((known && known.seenAt > start) || node.wasRemovedSince(id, start)) return false;
      if (known?.isInspected && known.isSameAs(summary)) return false;
      if (!known?.isInspected) node.put(new ContainerEntry(node, summary, undefined));
      return true;
    });
  }

  /** Inspects what `list` named, behind everything that is more urgent. */
  async inspect(summaries: readonly Json[]): Promise<void> {
    if (summaries.length === 0) return;
    const { limiter } = this.#context;
    await limiter.run(async () => {
      // where many engines are read at once, one connection to each is enough
      const limit = limiter.isBusy ? 1 : inspectsAtOnce;
      await forEachLimited(summaries, limit, (summary) => this.#inspectOne(summary));
    }, false);
  }

  /**
   * Whether the cache shows what the event tells already, because whoever made or started the container has looked since.
   * @param eventMs by the engine's clock, as the times of its containers are
   */
  isSeen(id: string, action: string, eventMs: number): boolean {
    const entry = this.#node.entry(id);
    if (!entry?.isInspected) return false;
    if (action === "create") return true;
    const sinceMs = eventMs - entry.life.startedMs;
    return action === "start" && entry.life.phase === "running" && sinceMs >= 0 && sinceMs < startLagMs;
  }

  /** One container as it is from now on; gone ones leave the cache. */
  container(id: string): Promise<void> {
    return this.#coalescer.run(`container ${id}`, async () => {
      const filter = encodeURIComponent(JSON.stringify({ id: [id] }));
      const start = this.#node.nextSight();
      const [summaries, inspect] = await Promise.all([
        this.#listContainers(`/containers/json?all=1&filters=${filter}`),
        this.#fetchInspect(id),
      ]);
      const summary = summaries.find((one) => textAt(one, "Id") === id);
      if (!summary || !inspect) {
        this.#node.remove(id);
        return;
      }
      if (!this.#node.wasRemovedSince(id, start))
        this.#node.put(new ContainerEntry(this.#node, summary, inspect));
    });
  }

  images(): Promise<void> {
    return this.#coalescer.run("images", async () => {
      const summaries = await this.#fetchList("/images/json?all=1");
      if (this.#hasLeft) return;
      this.#context.images.set(this.#node, summaries);
      this.#node.setImages(summaries);
    });
  }

  networks(): Promise<void> {
    return this.#coalescer.run("networks", async () => {
      const summaries = await this.#fetchList("/networks");
      if (this.#hasLeft) return;
      this.#context.networks.set(this.#node, summaries);
      this.#context.onChange();
    });
  }

  volumes(): Promise<void> {
    return this.#coalescer.run("volumes", async () => {
      const { body } = await this.#node.client.json({ method: "GET", path: "/volumes" });
      const list = listAt(isJson(body) ? body : undefined, "Volumes").filter(isJson);
      if (this.#hasLeft) return;
      this.#context.volumes.set(this.#node, list);
      this.#context.onChange();
    });
  }

  /** What comes in after the removal must not stay in the cluster's indexes. */
  get #hasLeft(): boolean {
    return this.#node.status === "Disconnected";
  }

  async #inspectOne(summary: Json): Promise<void> {
    const id = textAt(summary, "Id");
    const start = this.#node.nextSight();
    const inspect = await this.#fetchInspect(id);
    const known = this.#node.entry(id);
    if ((known && known.seenAt > start) || this.#node.wasRemovedSince(id, start)) return;
    if (inspect) this.#node.put(new ContainerEntry(this.#node, summary, inspect));
    else this.#node.remove(id);
  }

  async #fetchInspect(id: string): Promise<Inspected | undefined> {
    try {
      const { bytes } = await this.#node.client.read({ method: "GET", path: `/containers/${id}/json` });
      const json: unknown = JSON.parse(bytes.toString("utf8"));
      if (isJson(json) && textAt(json, "Id") === id)
        return { json, packed: this.#context.packer.pack(bytes) };
      this.#context.log.warn(`${this.#node.name} answered the inspect of ${id} with something else`);
      return undefined;
    } catch (error) {
      if (error instanceof EngineHttpError && error.status === 404) return undefined;
      if (error instanceof SyntaxError || error instanceof EngineHttpError) {
        this.#context.log.warn(`${this.#node.name}: inspect of ${id} is unusable: ${messageOf(error)}`);
        return undefined;
      }
      throw error;
    }
  }

  async #listContainers(path: string): Promise<readonly Json[]> {
    return (await this.#fetchList(path)).filter((summary) => /^[0-9a-f]{12,64}$/.test(textAt(summary, "Id")));
  }

  async #fetchList(path: string): Promise<readonly Json[]> {
    const { body } = await this.#node.client.json({ method: "GET", path, timeoutMs: listTimeoutMs });
    if (Array.isArray(body)) return body.filter(isJson);
    if (body !== undefined && body !== null)
      this.#context.log.warn(`${this.#node.name} answered ${path} with something other than a list`);
    return [];
  }
}
