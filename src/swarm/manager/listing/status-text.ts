import type { ContainerLife } from "../../cluster/container-life.ts";
import { humanDuration, wordsLastMs } from "./human-duration.ts";

export interface StatusLine {
  readonly text: string;
  /** From then on the words may be others, ms since 1970; Infinity for ever. */
  readonly validUntil: number;
}

/** What a status line is made of: the life of the container, and the engine's own words for want of better. */
export interface StatusFacts {
  readonly life: ContainerLife;
  readonly fallback: string;
}

/** The status line of `docker ps`. @param engineNow the time by the engine's clock; `now` by the manager's */
export function statusLine(
  { life, fallback }: StatusFacts,
  isNodeHealthy: boolean,
  now: number,
  engineNow: number,
): StatusLine {
  if (!isNodeHealthy) return forEver("Host Down");
  const since = (from: number, words: (span: string) => string): StatusLine => {
    if (Number.isNaN(from)) return forEver(fallback);
    const span = engineNow - from;
    return { text: words(humanDuration(span)), validUntil: now + wordsLastMs(span) };
  };
  const { exitCode, health } = life;
  switch (life.phase) {
    case "running":
      return since(life.startedMs, (span) => {
        if (health === "") return `Up ${span}`;
        return `Up ${span} (${health === "starting" ? "health: starting" : health})`;
      });
    case "paused":
      return since(life.startedMs, (span) => `Up ${span} (Paused)`);
    case "restarting":
      return since(life.finishedMs, (span) => `Restarting (${exitCode}) ${span} ago`);
    case "exited":
      return since(life.finishedMs, (span) => `Exited (${exitCode}) ${span} ago`);
    case "removing":
      return forEver("Removal In Progress");
    case "dead":
      return forEver("Dead");
    case "created":
      return forEver("Created");
    case "":
      return forEver(fallback);
  }
}

function forEver(text: string): StatusLine {
  return { text, validUntil: Number.POSITIVE_INFINITY };
}
