/** Ends a call at its deadline or when the caller goes away; cheaper than an AbortSignal for each call. */
export class CallGuard {
  readonly timeoutMs: number | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #onAbort = () => this.#giveUp("the caller went away");
  #target: { destroy(error: Error): unknown } | undefined;
  #isOver: string | undefined;
  #isTimedOut = false;

  constructor(timeoutMs: number | undefined, signal: AbortSignal | undefined) {
    this.timeoutMs = timeoutMs;
    this.#signal = signal;
    if (signal?.aborted) this.#giveUp("the caller went away");
    signal?.addEventListener("abort", this.#onAbort, { once: true });
    if (timeoutMs === undefined) return;
    this.#timer = setTimeout(() => {
      this.#isTimedOut = true;
      this.#giveUp("no answer in time");
    }, timeoutMs);
  }

  /** The limit that was passed, if it was. */
  get timedOutAfterMs(): number | undefined {
    return this.#isTimedOut ? this.timeoutMs : undefined;
  }

  get isOver(): boolean {
    return this.#isOver !== undefined;
  }

  /** Names what to destroy when the call is given up. */
  watch(target: { destroy(error: Error): unknown }): void {
    this.#target = target;
    if (this.#isOver !== undefined) target.destroy(new Error(this.#isOver));
  }

  /** Ends the time limit; the caller's signal goes on to count. */
  endLimit(): void {
    clearTimeout(this.#timer);
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#target = undefined;
  }

  #giveUp(why: string): void {
    this.#isOver = why;
    this.#target?.destroy(new Error(why));
  }
}
