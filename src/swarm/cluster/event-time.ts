import type { Json } from "../scheduler/model.ts";

const nanoKey = /"timeNano":\s*(\d{10,19})/;
/** What an engine wrote: nanoseconds have more digits than a number of JavaScript holds. */
const written = new WeakMap<Json, string>();

/** The nanoseconds of an event's text, to the digit. */
export function nanoIn(text: string): string | undefined {
  return nanoKey.exec(text)?.[1];
}

/** Takes note of an event's time as it was written. */
export function keepNano(event: Json, text: string): void {
  const nano = nanoIn(text);
  if (nano !== undefined) written.set(event, nano);
}

/** Gives an event that was made from another the other's time. */
export function copyNano<T extends Json>(from: Json, to: T): T {
  const nano = written.get(from);
  if (nano !== undefined) written.set(to, nano);
  return to;
}

/** An event as JSON, with its time as the engine wrote it. */
export function eventText(event: Json): string {
  const text = JSON.stringify(event);
  const nano = written.get(event);
  return nano === undefined ? text : text.replace(nanoKey, `"timeNano":${nano}`);
}
