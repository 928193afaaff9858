import { goUnquote } from "./quote.ts";

/** The value of a Go number literal: bigint for integers, number with a point or exponent; undefined for neither. */
export function parseNumber(text: string): bigint | number | undefined {
  if (/_(?!\w)|__|^[+-]?_/.test(text) || text.endsWith("i")) return undefined;
  const negative = text.startsWith("-");
  const bare = text.replace(/^[+-]/, "").replaceAll("_", "");
  if (/^(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|0|[1-9]\d*)$/.test(bare)) {
    return inRange(sign(BigInt(bare), negative));
  }
  if (/^0[0-7]+$/.test(bare)) return inRange(sign(BigInt(`0o${bare.slice(1)}`), negative));
  if (!/^(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(bare) || !/[.eE]/.test(bare)) return undefined;
  const value = Number(bare);
  if (!Number.isFinite(value)) return undefined;
  return negative ? -value : value;
}

function sign(value: bigint, negative: boolean): bigint {
  return negative ? -value : value;
}

function inRange(value: bigint): bigint | undefined {
  return BigInt.asIntN(64, value) === value ? value : undefined;
}

/** The code of a Go character literal. */
export function parseCharacter(text: string): bigint | undefined {
  const body = text.slice(1, -1);
  const value = goUnquote(`"${body === '"' ? '\\"' : body}"`);
  if (value === undefined || [...value].length !== 1) return undefined;
  return BigInt(value.codePointAt(0) ?? 0);
}
