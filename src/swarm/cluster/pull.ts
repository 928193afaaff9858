import { EngineHttpError } from "../engine/errors.ts";
import { SwarmError } from "../errors.ts";
import { objectAt, textAt } from "../scheduler/json.ts";
import { JsonSplitter } from "./json-stream.ts";
import type { NodeState } from "./node-state.ts";

export interface PullOptions {
  registryAuth: string | undefined;
  apiVersion: string;
  platform: string | undefined;
  signal: AbortSignal | undefined;
}

/** Until the engine begins to answer; the pull itself takes what it takes. */
const startTimeoutMs = 120_000;
const maxErrorBytes = 64 * 1024;

/**
 * Pulls an image onto one engine and waits until it is there.
 * @throws SwarmError with the engine's or the registry's text
 */
export async function pullImage(node: NodeState, image: string, options: PullOptions): Promise<void> {
  const { name, tag } = splitImage(image);
  const query = new URLSearchParams({ fromImage: name, tag });
  if (options.platform !== undefined) query.set("platform", options.platform);
  const answer = await node.client.stream({
    method: "POST",
    path: `/images/create?${query.toString()}`,
    headers: { "X-Registry-Auth": options.registryAuth },
    apiVersion: options.apiVersion,
    timeoutMs: startTimeoutMs,
    ...(options.signal ? { signal: options.signal } : {}),
  });
  const status = answer.statusCode ?? 0;
  const splitter = new JsonSplitter();
  let failure = "";
  let text = "";
  for await (const chunk of answer) {
    const bytes: unknown = chunk;
    if (!(bytes instanceof Uint8Array)) continue;
    if (status >= 400 && text.length < maxErrorBytes) text += Buffer.from(bytes).toString("utf8");
    for (const { json } of splitter.push(bytes)) {
      const message = textAt(objectAt(json, "errorDetail"), "message") || textAt(json, "error");
      failure = message || (status >= 400 ? textAt(json, "message") : "") || failure;
    }
  }
  if (status >= 400) throw new EngineHttpError(status, failure || text.trim() || `status ${status}`);
  if (failure !== "") throw new SwarmError(500, `Error response from daemon: ${failure}`);
}

/** "registry:5000/a/b:tag" or "a@sha256:…"; tag "latest" where none is named. */
function splitImage(image: string): { name: string; tag: string } {
  const at = image.indexOf("@");
  if (at > 0) return { name: image.slice(0, at), tag: image.slice(at + 1) };
  const colon = image.lastIndexOf(":");
  if (colon > image.lastIndexOf("/")) return { name: image.slice(0, colon), tag: image.slice(colon + 1) };
  return { name: image, tag: "latest" };
}
