import type { ClusterImage } from "../../cluster/cluster.ts";
import { compareApiVersions } from "../../engine/api-version.ts";
import { SwarmError } from "../../errors.ts";
import { numberAt, textAt, textMapAt, textsAt } from "../../scheduler/json.ts";
import type { Json } from "../../scheduler/model.ts";
import type { Exchange } from "../exchange.ts";
import { Filters, hasLabel, invalidFilter } from "../query-filters.ts";

interface Group {
  readonly summary: Json;
  readonly tags: Set<string>;
  readonly digests: Set<string>;
  readonly copies: ClusterImage[];
}

const none = "<none>:<none>";
const noDigest = "<none>@<none>";

/** GET /images/json: each image once, with the names that it has anywhere. */
export async function listImages(exchange: Exchange): Promise<void> {
  const { query, manager } = exchange;
  const filters = new Filters(query.get("filters"));
  const old = query.get("filter") ?? "";
  const isOldClient = exchange.apiVersion !== "" && compareApiVersions(exchange.apiVersion, "1.28") < 0;
  const references = [...filters.get("reference"), ...(old !== "" && isOldClient ? [old] : [])];
  const dangling = filters.flag("dangling");
  const groups = [...groupById(manager.cluster.images()).values()];
  const createdOf = (key: "before" | "since"): number | undefined => {
    const [name] = filters.get(key);
    if (name === undefined) return undefined;
    const [image] = manager.cluster.findImages(name);
    if (!image)
      throw new SwarmError(400, `${invalidFilter(key, name).message}: no such image found: '${name}'`);
    return numberAt(image.summary, "Created");
  };
  const before = createdOf("before");
  const since = createdOf("since");
  const parents = new Set(groups.map(({ summary }) => textAt(summary, "ParentId")));
  const isAll = exchange.flag("all");
  const shown = groups.filter(({ summary, tags, digests, copies }) => {
    const created = numberAt(summary, "Created");
    const isUntagged = tags.size === 0 && digests.size === 0;
    if (!isAll && isUntagged && parents.has(textAt(summary, "Id"))) return false;
    if (dangling !== undefined && dangling !== (tags.size === 0)) return false;
    if (before !== undefined && created >= before) return false;
    if (since !== undefined && created <= since) return false;
    if (!filters.every("label", (label) => hasLabel(textMapAt(summary, "Labels"), label))) return false;
    if (!filters.some("node", (name) => copies.some(({ node }) => node.name === name || node.id === name)))
      return false;
    const names = [...tags, ...digests];
    return references.length === 0 || references.some((pattern) => names.some((name) => fits(name, pattern)));
  });
  shown.sort((a, b) => numberAt(b.summary, "Created") - numberAt(a.summary, "Created"));
  const bodies = shown.map(({ summary, tags, digests }) => ({
    ...summary,
    RepoTags: tags.size === 0 && isOldClient ? [none] : [...tags],
    RepoDigests: digests.size === 0 && tags.size === 0 && isOldClient ? [noDigest] : [...digests],
  }));
  await manager.pieces.write(exchange, [Buffer.from(JSON.stringify(bodies))]);
}

function groupById(images: Iterable<ClusterImage>): Map<string, Group> {
  const groups = new Map<string, Group>();
  for (const image of images) {
    const id = textAt(image.summary, "Id");
    let group = groups.get(id);
    if (!group) {
      group = { summary: image.summary, tags: new Set(), digests: new Set(), copies: [] };
      groups.set(id, group);
    }
    group.copies.push(image);
    for (const tag of textsAt(image.summary, "RepoTags")) if (tag !== none) group.tags.add(tag);
    for (const digest of textsAt(image.summary, "RepoDigests"))
      if (digest !== noDigest) group.digests.add(digest);
  }
  return groups;
}

/** Shell patterns over the whole name or, without a tag in the pattern, over the repository. */
function fits(name: string, pattern: string): boolean {
  const repository = name.replace(/(?::[^/:]*|@.*)$/, "");
  return matchesGlob(pattern, name) || matchesGlob(pattern, repository);
}

/** `*` and `?` stop at "/", as in Go's path.Match; linear in pattern × text. */
function matchesGlob(pattern: string, text: string): boolean {
  let reach = new Set([0]);
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at];
    const next = new Set<number>();
    for (const from of reach) {
      if (char === "*") {
        for (let to = from; to <= text.length; to++) {
          next.add(to);
          if (text[to] === "/") break;
        }
      } else if (from < text.length && (char === "?" ? text[from] !== "/" : char === text[from]))
        next.add(from + 1);
    }
    reach = next;
  }
  return reach.has(text.length);
}
