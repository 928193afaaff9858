import type { Env } from "../kit/process.ts";
import { imageNotFound } from "./errors.ts";
import { proxyAgents } from "./proxy.ts";

const pattern = /^(https?):\/\/([^/]+)(\/api\/v3)?\/repos\/([^/]+)\/([^/]+)\/releases/;

/** Tells whether a URL is a releases list of GitHub's API (api.github.com or GitHub Enterprise). */
export function isReleases(url: string): boolean {
  return pattern.test(url);
}

/** The download address of a release's ISO, as docker-machine makes it from the API's address. */
export function isoOfRelease(api: string, tag: string): string {
  const [, scheme, host = "", , organisation, repository] = pattern.exec(api) ?? [];
  const web = host === "api.github.com" ? "github.com" : host;
  return `${scheme}://${web}/${organisation}/${repository}/releases/download/${tag}/boot2docker.iso`;
}

export interface ReleaseOptions {
  readonly env: Env;
  readonly token?: string;
  readonly signal?: AbortSignal;
  readonly certificateAuthority?: string;
}

/**
 * Asks the API for the newest release and gives the address of its ISO.
 * Source: GitHub's REST API, "Get the latest release"; a list is answered by its first entry.
 */
export async function latestRelease(api: string, options: ReleaseOptions): Promise<string> {
  const { got } = await import("got");
  const address = /\/releases\/?$/.test(api) ? `${api.replace(/\/$/, "")}/latest` : api;
  const { certificateAuthority, signal } = options;
  const answer: unknown = await got(address, {
    timeout: { request: 20_000 },
    retry: { limit: 1 },
    agent: proxyAgents(address, options.env),
    headers: {
      "user-agent": "machine",
      ...(options.token ? { authorization: `token ${options.token}` } : {}),
    },
    ...(signal === undefined ? {} : { signal }),
    ...(certificateAuthority === undefined ? {} : { https: { certificateAuthority } }),
  }).json();
  const release: unknown = Array.isArray(answer) ? answer[0] : answer;
  const tag: unknown =
    typeof release === "object" && release !== null ? Reflect.get(release, "tag_name") : undefined;
  if (typeof tag !== "string" || tag === "") {
    throw imageNotFound(`${api} names no release`, "the API may be rate limited: --github-api-token helps");
  }
  return isoOfRelease(api, tag);
}
