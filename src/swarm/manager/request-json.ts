import { SwarmError } from "../errors.ts";
import { isJson } from "../scheduler/json.ts";
import type { Json } from "../scheduler/model.ts";

const deepest = 200;

/** Parses a client's JSON object. @throws SwarmError 400 with a text like that of Go's decoder */
export function parseClientJson(text: string): Json {
  const value = parseJsonText(text);
  if (!isJson(value)) throw new SwarmError(400, `json: cannot unmarshal ${kindOf(value)} into an object`);
  if (isDeeperThan(value, deepest)) throw new SwarmError(400, "the JSON is nested too deeply");
  return value;
}

/** @throws SwarmError 400 */
export function parseJsonText(text: string): unknown {
  if (text.trim() === "") throw new SwarmError(400, "EOF");
  try {
    const parsed: unknown = JSON.parse(text);
    return parsed;
  } catch (error) {
    throw new SwarmError(400, explain(text, error));
  }
}

function explain(text: string, error: unknown): string {
  const first = text.trimStart()[0] ?? "";
  if (!'{["-0123456789tfn'.includes(first))
    return `invalid character '${first}' looking for beginning of value`;
  const message = error instanceof Error ? error.message : String(error);
  const token = /Unexpected token '?(.)'?[ ,]/u.exec(message)?.[1];
  return token === undefined ? "unexpected end of JSON input" : `invalid character '${token}' in JSON`;
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "array";
  return value === null ? "null" : typeof value;
}

function isDeeperThan(value: unknown, levels: number): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > levels) return true;
    const next: unknown[] = [];
    for (const item of level) {
      if (typeof item !== "object" || item === null) continue;
      for (const inner of Object.values(item))
        if (typeof inner === "object" && inner !== null) next.push(inner);
    }
    level = next;
  }
  return false;
}
