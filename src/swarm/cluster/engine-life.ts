import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import type { Clock } from "../../kit/clock.ts";
import { messageOf } from "../../kit/errors.ts";
import type { Log } from "../../kit/log.ts";
import { splitAddr } from "../engine/connection.ts";
import type { HttpEngineClient } from "../engine/http-client.ts";
import { SwarmError } from "../errors.ts";
import { isJson } from "../scheduler/json.ts";
import type { Json } from "../scheduler/model.ts";
import { refreshAfter } from "./engine-events.ts";
import { type EngineSpecs, readSpecs } from "./engine-specs.ts";
import type { EngineSync } from "./engine-sync.ts";
import { followEvents, sinceOf } from "./event-stream.ts";
import type { Limiter } from "./limiter.ts";
import type { NodeState } from "./node-state.ts";
import { eventRetryMs, pendingRetryMs, refreshWaitMs, type Timing } from "./timing.ts";

export interface LifeOptions {
  node: NodeState;
  client: HttpEngineClient;
  sync: EngineSync;
  clock: Clock;
  log: Log;
  timing: Timing;
  failureRetry: number;
  limiter: Limiter;
  onEngineEvent: (event: Json) => void;
  /** connect: first validated; reconnect: back after a loss; disconnect: lost. */
  onTurn: (turn: "connect" | "reconnect" | "disconnect") => void;
  /** Another engine answers: true when it takes this one's place, which ends this life. */
  onOtherId: (newId: string) => boolean;
}

const specsAgeMs = 5 * 60_000;
/** Failures that come within this time are one: a cut link breaks many calls at once. */
const sameFailureMs = 500;

/** The life of one engine from discovery to removal: validation, refreshes, failures, events. */
export class EngineLife {
  readonly #options: LifeOptions;
  readonly #ended = new AbortController();
  #wake: (() => void) | undefined;
  #isWoken = false;
  #specsAt = Number.NEGATIVE_INFINITY;
  #contactAt = Number.NEGATIVE_INFINITY;
  #failedAt = Number.NEGATIVE_INFINITY;
  #hasOtherId = false;
  #isRefreshing = false;
  #isComplete = false;
  #unseen: readonly Json[] = [];

  constructor(options: LifeOptions) {
    this.#options = options;
  }

  /** Runs until `end`; never rejects. */
  async run(): Promise<void> {
    const { node, log } = this.#options;
    const signal = this.#ended.signal;
    const since = await this.#validate(signal);
    if (since === undefined) return;
    const loops = [this.#followEvents(since), this.#settle().then(() => this.#refreshLoop())];
    for (const result of await Promise.allSettled(loops))
      if (result.status === "rejected" && !signal.aborted)
        log.warn(`the loop of ${node.name} ended: ${messageOf(result.reason)}`);
  }

  end(): void {
    this.#ended.abort();
    this.#options.client.close();
  }

  /** Hears of every call to the engine. */
  noteOutcome(failure: Error | undefined): void {
    const { node, clock, failureRetry } = this.#options;
    if (!node.isValidated || this.#ended.signal.aborted) return;
    if (failure === undefined) {
      this.#contactAt = clock.monotonic();
      node.failures = 0;
      if (this.#hasOtherId) return;
      node.setError("", clock.now());
      // Healthy again only when the refresh has seen that it is the same engine and what is on it
      if (node.status === "Unhealthy" && !this.#isRefreshing) this.#refreshSoon();
      return;
    }
    if (clock.monotonic() - this.#failedAt < sameFailureMs) return;
    this.#failedAt = clock.monotonic();
    node.failures++;
    node.setError(failure.message, clock.now());
    if (node.status === "Healthy" && node.failures >= failureRetry) {
      this.#options.log.warn(`${node.name} is unhealthy after ${node.failures} failures: ${failure.message}`);
      node.setStatus("Unhealthy");
      this.#options.onTurn("disconnect");
    } else if (node.failures === 1) this.#wakeUp(); // ask again soon instead of at the next refresh
  }

  /** Fetches info and version anew; used after `docker reload` events and by clients that ask for all. */
  async refreshSpecs(): Promise<void> {
    const { node, clock } = this.#options;
    const specs = await this.#readSpecs();
    if (node.id !== "" && specs.id !== node.id) {
      if (this.#options.onOtherId(specs.id)) throw new SwarmError(500, `${node.name} was replaced`);
      this.#hasOtherId = true;
      node.setStatus("Pending");
      const text = `Engine (ID: ${node.id}, Addr: ${node.addr}) shows up with another ID:${specs.id}. Please remove it from cluster, it can be added back.`;
      node.setError(text, clock.now());
      throw new SwarmError(500, text);
    }
    if (this.#hasOtherId) {
      this.#hasOtherId = false;
      node.setStatus("Healthy");
      node.setError("", clock.now());
    }
    node.setSpecs(specs);
    this.#specsAt = clock.monotonic();
  }

  /** Tries until the engine is validated; @returns where its events begin, or undefined when ended before */
  async #validate(signal: AbortSignal): Promise<string | undefined> {
    const { node, clock, log, limiter, timing } = this.#options;
    for (let tries = 0; !signal.aborted; tries++) {
      try {
        return await limiter.run(() => this.#connect());
      } catch (error) {
        if (signal.aborted) return undefined;
        node.setError(messageOf(error), clock.now());
        node.failures = tries + 1;
        log.debug(`${node.addr} is not validated: ${messageOf(error)}`);
        const delayMs = pendingRetryMs(tries, timing);
        await this.#wait("validate", delayMs);
      }
    }
    return undefined;
  }

  async #connect(): Promise<string> {
    const { node, sync, clock, log, limiter } = this.#options;
    this.#ended.signal.throwIfAborted();
    const { host } = splitAddr(node.addr);
    node.ip = isIP(host) ? host : (await lookup(host)).address;
    const specs = await this.#readSpecs();
    node.setSpecs(specs);
    this.#specsAt = clock.monotonic();
    this.#unseen = await sync.list();
    await sync.images();
    this.#isComplete = !limiter.isBusy; // else others go first: they are not Healthy yet
    if (this.#isComplete) await sync.optional();
    this.#ended.signal.throwIfAborted();
    node.isValidated = true;
    node.failures = 0;
    this.#contactAt = clock.monotonic();
    node.setError("", clock.now());
    node.setStatus("Healthy");
    log.info(`Registered Engine ${node.name} at ${node.addr}`);
    return sinceOf(specs.systemTime);
  }

  /** The containers' details, behind the validation of other engines; from then on the node takes containers. */
  async #settle(): Promise<void> {
    const { node, sync, limiter } = this.#options;
    try {
      if (!this.#isComplete) await limiter.run(() => sync.optional(), false);
      await sync.inspect(this.#unseen);
      node.isSeen = true;
    } catch {
      // counted already; the next refresh makes up for it
    }
    this.#unseen = [];
    this.#options.onTurn("connect");
  }

  async #readSpecs(): Promise<EngineSpecs> {
    const { node, client, clock, log } = this.#options;
    const info = await client.json({ method: "GET", path: "/info", apiVersion: "" });
    const version = await client.json({ method: "GET", path: "/version", apiVersion: "" });
    if (!isJson(info.body) || !isJson(version.body))
      throw new SwarmError(500, `the answer of ${node.addr} to GET /info is not one of a Docker Engine`);
    const { ApiVersion, MinAPIVersion } = version.body;
    client.negotiate({ ApiVersion, MinAPIVersion });
    return readSpecs(node.addr, info.body, version.body, clock.now(), log);
  }

  async #refreshLoop(): Promise<void> {
    const { node, clock, timing, failureRetry } = this.#options;
    const signal = this.#ended.signal;
    let refreshAt = clock.monotonic() + refreshWaitMs(0, timing);
    if (!node.isSeen) refreshAt = clock.monotonic();
    while (!signal.aborted) {
      const isDoubtful = node.status === "Healthy" && node.failures > 0;
      const pauseMs = isDoubtful
        ? timing.probeMs
        : Math.min(timing.pingMs, Math.max(0, refreshAt - clock.monotonic()));
      await this.#wait("refresh", node.status === "Healthy" ? pauseMs : refreshAt - clock.monotonic());
      if (signal.aborted) return;
      const isStale = this.#specsAt === Number.NEGATIVE_INFINITY;
      if (isStale || clock.monotonic() >= refreshAt) {
        await this.#refresh();
        refreshAt = clock.monotonic() + refreshWaitMs(node.failures - failureRetry, timing);
      } else if (isDoubtful || clock.monotonic() - this.#contactAt >= timing.pingMs) {
        await this.#options.client.read({ method: "GET", path: "/_ping" }).catch(() => undefined); // counted
      }
    }
  }

  async #refresh(): Promise<void> {
    const { node, sync, clock, log } = this.#options;
    this.#isRefreshing = true;
    try {
      const isOld = clock.monotonic() - this.#specsAt > specsAgeMs;
      if (node.status !== "Healthy" || isOld) await this.refreshSpecs();
      await sync.everything();
      node.isSeen = true;
      if (node.status !== "Unhealthy") return;
      node.setStatus("Healthy");
      this.#options.onTurn("reconnect");
    } catch (error) {
      log.debug(`refresh of ${node.name}: ${messageOf(error)}`);
    } finally {
      this.#isRefreshing = false;
    }
  }

  async #followEvents(since: string): Promise<void> {
    const { node, client, sync, clock, log, timing } = this.#options;
    await followEvents({
      client,
      clock,
      log,
      since,
      signal: this.#ended.signal,
      retryDelayMs: () => eventRetryMs(node.failures, timing),
      onOpen: (isFirst) => {
        if (!isFirst) this.#refreshSoon();
      },
      onRefused: () => this.#refreshSoon(), // another API version since it was restarted, most likely
      onEvents: async (events) => {
        if (this.#hasOtherId) return;
        const onError = (text: string) => log.debug(`${node.name}: refresh after events: ${text}`);
        await refreshAfter(events, sync, () => this.refreshSpecs(), onError);
        for (const event of events) this.#options.onEngineEvent(event);
      },
      onLost: (message) => {
        log.debug(`the event stream of ${node.name} was lost: ${message}`);
        this.noteOutcome(
          new Error(
            `Cannot connect to the Docker daemon at tcp://${node.addr}. Is the docker daemon running? (${message})`,
          ),
        );
      },
      onWait: (nextTryAt) => {
        if (nextTryAt === undefined) node.nextTries.delete("events");
        else node.nextTries.set("events", nextTryAt);
      },
    });
  }

  /** Waits, unless something happened meanwhile that calls for action. */
  async #wait(what: string, delayMs: number): Promise<void> {
    if (this.#isWoken || delayMs <= 0) {
      this.#isWoken = false;
      return;
    }
    const { node, clock } = this.#options;
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    node.nextTries.set(what, clock.now() + delayMs);
    const stop = () => woken.abort();
    this.#ended.signal.addEventListener("abort", stop, { once: true });
    await clock.delay(delayMs, woken.signal).catch(() => undefined); // woken before its time
    this.#ended.signal.removeEventListener("abort", stop);
    node.nextTries.delete(what);
    this.#wake = undefined;
    this.#isWoken = false;
  }

  #refreshSoon(): void {
    this.#specsAt = Number.NEGATIVE_INFINITY;
    this.#wakeUp();
  }

  #wakeUp(): void {
    this.#isWoken = true;
    this.#wake?.();
  }
}
