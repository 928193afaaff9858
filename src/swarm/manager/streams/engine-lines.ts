import type { IncomingMessage } from "node:http";
import { JsonSplitter } from "../../cluster/json-stream.ts";
import { EngineHttpError } from "../../engine/errors.ts";
import { objectAt, textAt } from "../../scheduler/json.ts";
import type { Json } from "../../scheduler/model.ts";

const longestErrorBytes = 64 * 1024;

/**
 * The JSON objects of an engine's progress stream, one after the other.
 * @throws EngineHttpError when the engine refused
 */
export async function* engineLines(answer: IncomingMessage): AsyncGenerator<Json> {
  const status = answer.statusCode ?? 0;
  if (status >= 400) {
    const text = await firstText(answer);
    throw new EngineHttpError(status, messageIn(text) || text.trim() || `status ${status}`);
  }
  const splitter = new JsonSplitter();
  for await (const chunk of answer) {
    const bytes: unknown = chunk;
    if (!(bytes instanceof Uint8Array)) continue;
    for (const { json } of splitter.push(bytes)) yield json;
  }
}

/** The text of an object that reports a failure; "" for any other. */
export function failureIn(line: Json): string {
  return textAt(objectAt(line, "errorDetail"), "message") || textAt(line, "error");
}

/** Whether a failure says that the image is for another kind of engine. */
export function isOsMismatch(message: string): boolean {
  return /operating system .* cannot be used on this platform|no matching manifest|image operating system/i.test(
    message,
  );
}

async function firstText(answer: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of answer) if (text.length < longestErrorBytes) text += String(chunk);
  return text;
}

function messageIn(text: string): string {
  const [first] = new JsonSplitter().push(Buffer.from(text));
  return textAt(first?.json, "message");
}
