/** What ends a call that takes too long. */
export interface CallLimit {
  readonly signal: AbortSignal;
  readonly ended: "late" | "interrupted" | undefined;
  /** The engine answers: its time begins anew. */
  heard(): void;
  done(): void;
}

/**
 * Ends a call after `limitMs` of silence, or `graceMs` after an interruption; one that came before the call is not
 * counted.
 */
export function callLimit(
  limitMs: number,
  interruption: AbortSignal | undefined,
  graceMs: number,
): CallLimit {
  const controller = new AbortController();
  let ended: CallLimit["ended"];
  const end = (why: CallLimit["ended"]) => {
    ended ??= why;
    controller.abort();
  };
  const silence = setTimeout(() => end("late"), limitMs);
  let left: NodeJS.Timeout | undefined;
  const interrupted = () => {
    if (graceMs === 0) end("interrupted");
    else left = setTimeout(() => end("interrupted"), graceMs);
  };
  // what is removed again after an interruption asks the engine too
  if (interruption?.aborted === false) interruption.addEventListener("abort", interrupted, { once: true });
  return {
    signal: controller.signal,
    get ended() {
      return ended;
    },
    heard: () => void silence.refresh(),
    done() {
      clearTimeout(silence);
      clearTimeout(left);
      interruption?.removeEventListener("abort", interrupted);
    },
  };
}
