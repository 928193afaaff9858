import { displayWidth } from "../../src/cli/fit.ts";

/** A terminal, as far as a live list uses it: text that wraps, line ends, "line up", "clear the line". */
export class Screen {
  #width: number;
  readonly height: number;
  readonly #lines: string[] = [""];
  #row = 0;

  constructor(width: number, height: number) {
    this.#width = width;
    this.height = height;
  }

  get width(): number {
    return this.#width;
  }

  /** Another width: lines that are too long now go on in the next one. */
  resize(width: number): void {
    const lines = this.#lines.splice(0, this.#lines.length, "");
    this.#row = 0;
    this.#width = width;
    this.write(lines.join("\n"));
  }

  write(text: string): void {
    for (const [part] of text.matchAll(/\p{Cc}\[[0-9]*[A-Z]|./gsu)) {
      if (part === "\n") this.#toNext();
      else if (part === "\r") continue;
      else if (part === "\u001b[1A") this.#row = Math.max(this.#top(), this.#row - 1);
      else if (part === "\u001b[2K") this.#lines[this.#row] = "";
      else this.#put(part);
    }
  }

  /** All lines that were ever shown and not drawn over, without the empty end. */
  text(): string[] {
    return this.#lines.join("\n").trimEnd().split("\n");
  }

  #put(character: string): void {
    if (displayWidth(this.#lines[this.#row] ?? "") + displayWidth(character) > this.#width) this.#toNext();
    this.#lines[this.#row] = (this.#lines[this.#row] ?? "") + character;
  }

  #toNext(): void {
    this.#row += 1;
    this.#lines[this.#row] ??= "";
  }

  /** What has left the screen cannot be reached any more. */
  #top(): number {
    return Math.max(0, this.#lines.length - this.height);
  }
}
