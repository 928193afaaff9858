import { isJson, numberAt, objectAt, textAt } from "../scheduler/json.ts";
import type { Json } from "../scheduler/model.ts";

/** What the status of `docker ps` is made of, read once from the inspect answer; times in ms by the engine's clock. */
export interface ContainerLife {
  /** "" where there is no inspect answer to tell. */
  readonly phase: "" | "created" | "running" | "paused" | "restarting" | "removing" | "exited" | "dead";
  /** The time within the second too, which a list entry lacks. */
  readonly createdMs: number;
  /** NaN while it was never started. */
  readonly startedMs: number;
  /** NaN while it never ended. */
  readonly finishedMs: number;
  readonly exitCode: number;
  /** "", "starting", "healthy", "unhealthy". */
  readonly health: string;
}

export function lifeOf(summary: Json, inspect: Json | undefined): ContainerLife {
  const state = objectAt(inspect, "State");
  const startedMs = timeAt(state, "StartedAt");
  const createdMs = Date.parse(textAt(inspect, "Created"));
  return {
    phase: isJson(inspect?.["State"]) ? phaseOf(state, startedMs) : "",
    createdMs: Number.isNaN(createdMs) ? numberAt(summary, "Created") * 1000 : createdMs,
    startedMs,
    finishedMs: timeAt(state, "FinishedAt"),
    exitCode: numberAt(state, "ExitCode"),
    health: textAt(objectAt(state, "Health"), "Status").replace(/^none$/, ""),
  };
}

function phaseOf(state: Json, startedMs: number): ContainerLife["phase"] {
  if (state["Paused"] === true) return "paused";
  if (state["Restarting"] === true) return "restarting";
  if (state["Running"] === true) return "running";
  if (textAt(state, "Status") === "removing") return "removing";
  if (state["Dead"] === true) return "dead";
  return Number.isNaN(startedMs) ? "created" : "exited";
}

/** Go writes a time that is not set as year 1. */
function timeAt(state: Json, key: string): number {
  const text = textAt(state, key);
  return text === "" || text.startsWith("0001-") ? Number.NaN : Date.parse(text);
}
