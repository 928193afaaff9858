import { isJson } from "../scheduler/json.ts";
import type { Json } from "../scheduler/model.ts";

const maxObjectBytes = 4 * 1024 * 1024;

/**
 * Reads JSON objects that follow each other, with anything blank or nothing between them, from chunks cut anywhere.
 * Engines end events with a newline, or did not.
 */
export class JsonSplitter {
  #text = "";
  #at = 0;
  #depth = 0;
  #isInString = false;
  #isEscaped = false;
  readonly #decoder = new TextDecoder();

  /**
   * @returns the objects that are complete now, each with its text; what is no object is left out
   * @throws RangeError for an object without end
   */
  push(chunk: Uint8Array): { json: Json; text: string }[] {
    this.#text += this.#decoder.decode(chunk, { stream: true });
    const found: { json: Json; text: string }[] = [];
    for (; this.#at < this.#text.length; this.#at++) {
      if (!this.#step(this.#text.charCodeAt(this.#at))) continue;
      const text = this.#text.slice(0, this.#at + 1);
      this.#text = this.#text.slice(this.#at + 1);
      this.#at = -1;
      const json = parse(text.slice(text.indexOf("{")));
      if (json) found.push({ json, text });
    }
    if (this.#depth === 0) {
      this.#text = ""; // blanks or rubbish between objects
      this.#at = 0;
    }
    if (this.#text.length > maxObjectBytes) throw new RangeError("a JSON object in a stream has no end");
    return found;
  }

  /** @returns true at the brace that ends an object */
  #step(code: number): boolean {
    if (this.#isInString) {
      if (this.#isEscaped) this.#isEscaped = false;
      else if (code === 0x5c) this.#isEscaped = true;
      else if (code === 0x22) this.#isInString = false;
      return false;
    }
    if (code === 0x22) this.#isInString = this.#depth > 0;
    else if (code === 0x7b) this.#depth++;
    else if (code === 0x7d && this.#depth > 0) return --this.#depth === 0;
    return false;
  }
}

function parse(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJson(value) ? value : undefined;
  } catch {
    return undefined; // balanced braces, but no JSON
  }
}
