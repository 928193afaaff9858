/** What a running step tells; the CLI renders it, steps know nothing of terminals. */
export type ProgressEvent =
  | { type: "step"; machine: string; step: string; title: string }
  | { type: "detail"; machine: string; message: string; fraction?: number }
  | { type: "done"; machine: string; step: string; durationMs: number }
  | { type: "failed"; machine: string; step: string; message: string }
  | { type: "info"; machine?: string; message: string }
  | { type: "warning"; machine?: string; message: string };

export type Report = (event: ProgressEvent) => void;
