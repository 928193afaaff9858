import type { Json } from "./model.ts";

/** Careful readers for JSON from engines and clients: a wrong type reads as nothing. */
export function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function objectAt(value: Json | undefined, key: string): Json {
  const found = value?.[key];
  return isJson(found) ? found : {};
}

export function textAt(value: Json | undefined, key: string): string {
  const found = value?.[key];
  return typeof found === "string" ? found : "";
}

/** @returns 0 for what is not a finite number */
export function numberAt(value: Json | undefined, key: string): number {
  const found = value?.[key];
  return typeof found === "number" && Number.isFinite(found) ? found : 0;
}

export function listAt(value: Json | undefined, key: string): readonly unknown[] {
  const found = value?.[key];
  return Array.isArray(found) ? found : [];
}

/** The strings of a list; other items are left out. */
export function textsAt(value: Json | undefined, key: string): readonly string[] {
  return listAt(value, key).filter((item) => typeof item === "string");
}

/** The entries of an object whose values are strings. */
export function textMapAt(value: Json | undefined, key: string): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [name, text] of Object.entries(objectAt(value, key))) {
    if (typeof text === "string") texts[name] = text;
  }
  return texts;
}

/** The own entry of a map that outsiders fill, so that keys like "constructor" find nothing. */
export function entryOf(map: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}
