/** Flags, width and precision of one verb. */
export interface VerbOptions {
  readonly plus: boolean;
  readonly minus: boolean;
  readonly sharp: boolean;
  readonly space: boolean;
  readonly zero: boolean;
  readonly width: number | undefined;
  readonly precision: number | undefined;
}

/** Fills up to the width: blanks, or zeros behind the sign of a number. */
export function padded(text: string, { width, minus, zero }: VerbOptions, numeric = false): string {
  const missing = (width ?? 0) - [...text].length;
  if (missing <= 0) return text;
  if (minus) return text + " ".repeat(missing);
  if (!zero) return " ".repeat(missing) + text;
  if (!numeric) return "0".repeat(missing) + text;
  const sign = /^[+\- ]/.exec(text)?.[0] ?? "";
  return sign + "0".repeat(missing) + text.slice(sign.length);
}
