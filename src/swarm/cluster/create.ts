import { randomBytes } from "node:crypto";
import { messageOf, systemCode } from "../../kit/errors.ts";
import type { EngineAnswer, EngineRequest } from "../engine/client.ts";
import { EngineHttpError, EngineUnreachableError } from "../engine/errors.ts";
import { SwarmError } from "../errors.ts";
import { hasHardNodeConstraint, moveExpressionsToLabels, withExpression } from "../scheduler/config.ts";
import { isJson, textAt, textMapAt, textsAt } from "../scheduler/json.ts";
import type { Json, PlacedContainer } from "../scheduler/model.ts";
import { type PlacementRequest, placementOf, swarmLabels } from "../scheduler/request.ts";
import type { CreateRequest } from "./cluster.ts";
import type { ContainerEntry } from "./container-entry.ts";
import { checkConfig, engineBody, resolveNetworks } from "./engine-config.ts";
import type { NodeState } from "./node-state.ts";
import { pullImage } from "./pull.ts";
import type { ImageIndex, NetworkIndex } from "./resource-index.ts";

export interface CreateContext {
  networks: NetworkIndex;
  images: ImageIndex;
  createRetry: number;
  isNodeName: (name: string) => boolean;
  isNameTaken: (name: string) => boolean;
  isSwarmIdTaken: (swarmId: string) => boolean;
  /** Chooses among the nodes whose containers are all known. @throws SwarmError */
  place: (request: PlacementRequest) => NodeState;
  /** Resolves true once more nodes than before can be chosen, false where none is to be expected. */
  moreNodes: (signal: AbortSignal | undefined) => Promise<boolean>;
  refresh: (node: NodeState, id: string) => Promise<void>;
  /** @throws SwarmError where this manager may not schedule */
  checkPrimary: () => void;
}

const createTimeoutMs = 120_000;

/** Places and creates containers; one for the whole cluster, so that names and room are never promised twice. */
export class ContainerCreator {
  readonly #context: CreateContext;
  readonly #pendingNames = new Set<string>();

  constructor(context: CreateContext) {
    this.#context = context;
  }

  /** Whether a container has or is about to get the name. */
  isNameTaken(name: string): boolean {
    return this.#pendingNames.has(name) || this.#context.isNameTaken(name);
  }

  async create(request: CreateRequest): Promise<{ container: ContainerEntry; warnings: readonly string[] }> {
    checkConfig(request.config);
    const config = this.#withSwarmId(
      resolveNetworks(
        moveExpressionsToLabels(request.config),
        (name) => this.#context.networks.find(name),
        this.#context.isNodeName,
      ),
    );
    return this.#tryAll(request, config);
  }

  /** The special retries of a create, then the plain ones. */
  async #tryAll(
    request: CreateRequest,
    config: Json,
  ): Promise<{ container: ContainerEntry; warnings: readonly string[] }> {
    const image = textAt(config, "Image");
    let stored = config;
    let wanted = config;
    let isSpecialDone = false;
    for (let tries = 0; ; tries++) {
      try {
        return await this.#tryOnce(request, stored, wanted);
      } catch (error) {
        if (isFinal(error) || request.signal?.aborted) throw asAnswer(error);
        const os = /image operating system "([^"]+)" cannot be used on this platform/.exec(
          messageOf(error),
        )?.[1];
        if (!isSpecialDone && os !== undefined) {
          isSpecialDone = true;
          stored = withExpression(stored, "constraint", `ostype==${os}`);
          wanted = stored;
        } else if (!isSpecialDone && this.#isElsewhere(error, image, config)) {
          isSpecialDone = true;
          wanted = withExpression(stored, "affinity", `image==${image}`);
        } else if (tries >= this.#context.createRetry) throw asAnswer(error);
      }
    }
  }

  /** Whether the image could not be had on the chosen node, but some other node has it. */
  #isElsewhere(error: unknown, image: string, config: Json): boolean {
    if (!(error instanceof PullError) || hasHardNodeConstraint(config)) return false;
    return this.#context.images.find(image).length > 0;
  }

  /** @param stored what the engine gets; `wanted` may ask more of the node */
  async #tryOnce(
    request: CreateRequest,
    stored: Json,
    wanted: Json,
  ): Promise<{ container: ContainerEntry; warnings: readonly string[] }> {
    const { node, release } = await this.#reserve(request, wanted);
    try {
      const answer = await this.#createOn(node, request, stored);
      await this.#context.refresh(node, answer.id).catch((error: unknown) => {
        throw new FinalError(error); // it is there: a further try would make a second one
      });
      const container = node.entry(answer.id);
      if (!container) throw new SwarmError(500, "Container created but refresh didn't report it back");
      return { container, warnings: answer.warnings };
    } finally {
      release();
    }
  }

  /** Takes name and room; where no node fits, nodes that are still being read are waited for. */
  async #reserve(request: CreateRequest, config: Json): Promise<{ node: NodeState; release: () => void }> {
    const { name, signal } = request;
    const placement = placementOf(config);
    for (;;) {
      this.#context.checkPrimary();
      if (name !== "" && this.isNameTaken(name)) throw nameConflict(name);
      let node: NodeState;
      try {
        node = this.#context.place(placement);
      } catch (error) {
        if (error instanceof SwarmError && (await this.#context.moreNodes(signal))) continue;
        throw new FinalError(error);
      }
      const endReservation = node.reserve(pendingContainer(name, config, placement));
      if (name !== "") this.#pendingNames.add(name);
      const release = () => {
        endReservation();
        if (name !== "") this.#pendingNames.delete(name);
      };
      return { node, release };
    }
  }

  async #createOn(
    node: NodeState,
    request: CreateRequest,
    config: Json,
  ): Promise<{ id: string; warnings: readonly string[] }> {
    try {
      return await this.#post(node, request, config);
    } catch (error) {
      if (!(error instanceof EngineHttpError) || error.status !== 404 || !/no such image/i.test(error.detail))
        throw error;
    }
    try {
      await pullImage(node, textAt(config, "Image"), {
        registryAuth: request.registryAuth,
        apiVersion: node.client.nearestApiVersion(request.apiVersion),
        platform: request.platform,
        signal: request.signal,
      });
    } catch (error) {
      throw new PullError(error);
    }
    return this.#post(node, request, config);
  }

  async #post(
    node: NodeState,
    request: CreateRequest,
    config: Json,
  ): Promise<{ id: string; warnings: readonly string[] }> {
    request.signal?.throwIfAborted();
    this.#context.checkPrimary();
    const query = new URLSearchParams();
    if (request.name !== "") query.set("name", request.name);
    if (request.platform !== undefined) query.set("platform", request.platform);
    // not given up when the client leaves: whether the engine made it would not be known
    const { body } = await this.#send(node, {
      method: "POST",
      path: `/containers/create?${query.toString()}`,
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(engineBody(config, node.cpus)),
      apiVersion: node.client.nearestApiVersion(request.apiVersion),
      timeoutMs: createTimeoutMs,
    });
    const answer = isJson(body) ? body : undefined;
    const id = textAt(answer, "Id");
    if (!/^[0-9a-f]{12,64}$/.test(id))
      throw new SwarmError(500, `${node.name} answered the create with something other than an id`);
    return { id, warnings: textsAt(answer, "Warnings") };
  }

  /** Where nobody knows whether the engine did it, no further try follows. */
  async #send(node: NodeState, request: EngineRequest): Promise<EngineAnswer> {
    try {
      return await node.client.json(request);
    } catch (error) {
      const isUnclear = error instanceof EngineUnreachableError && systemCode(error.cause) !== "ECONNREFUSED";
      throw isUnclear ? new FinalError(error) : error;
    }
  }

  /** Gives it an id of the cluster; one that another container has already is replaced. */
  #withSwarmId(config: Json): Json {
    const labels = textMapAt(config, "Labels");
    const given = labels[swarmLabels.id] ?? "";
    if (given !== "" && !this.#context.isSwarmIdTaken(given)) return config;
    return { ...config, Labels: { ...labels, [swarmLabels.id]: randomBytes(32).toString("hex") } };
  }
}

export function nameConflict(name: string): SwarmError {
  return new SwarmError(
    409,
    `Conflict: The name ${name} is already assigned. You have to delete (or rename) that container to be able to assign ${name} to a container again.`,
  );
}

/** An error that no further try can mend. */
class FinalError extends Error {
  constructor(cause: unknown) {
    super(messageOf(cause), { cause });
  }
}

/** The image is not on the node and could not be pulled there. */
class PullError extends Error {
  constructor(cause: unknown) {
    super(messageOf(cause), { cause });
  }
}

function isFinal(error: unknown): boolean {
  return error instanceof FinalError || (error instanceof SwarmError && error.status === 409);
}

/** What the API answers: an engine's 404 would make clients pull by themselves, so it becomes 500. */
function asAnswer(error: unknown): unknown {
  const inner = error instanceof FinalError || error instanceof PullError ? error.cause : error;
  if (inner instanceof SwarmError && inner.status === 404)
    return new SwarmError(500, inner.message, { cause: inner });
  return inner;
}

function pendingContainer(name: string, config: Json, placement: PlacementRequest): PlacedContainer {
  return {
    id: "",
    names: name === "" ? [] : [name],
    image: textAt(config, "Image"),
    imageId: "",
    labels: textMapAt(config, "Labels"),
    cpus: placement.cpus,
    memoryBytes: placement.memoryBytes,
    networkMode: placement.networkMode,
    hostPorts: placement.hostPorts.filter(({ port }) => port !== ""),
    exposedPorts: placement.exposedPorts,
  };
}
