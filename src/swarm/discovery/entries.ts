import { AppError } from "../../kit/errors.ts";

const badAddress = (text: string, why: string) =>
  new AppError("BAD_ADDRESS", `address ${text}: ${why}`, { hint: "an address is host:port or [IPv6]:port" });

const discoveryHint = "please check you are using the correct discovery (missing token:// ?)";

/**
 * Splits "host:port", "[IPv6]:port" as Go's SplitHostPort does.
 * @throws BAD_ADDRESS with the texts of Swarm 1.2.9 where the port is missing
 */
export function parseAddress(text: string): { host: string; port: string } {
  const colon = text.lastIndexOf(":");
  if (colon < 0) throw badAddress(text, `missing port in address, ${discoveryHint}`);
  const port = text.slice(colon + 1);
  if (text.startsWith("[")) {
    const end = text.indexOf("]");
    if (end < 0) throw badAddress(text, "missing ']' in address");
    if (end + 1 === text.length) throw badAddress(text, `missing port in address, ${discoveryHint}`);
    if (end + 1 !== colon) throw badAddress(text, "too many colons in address");
    const host = text.slice(1, end);
    if (host.includes("[")) throw badAddress(text, "unexpected '[' in address");
    if (port.includes("]")) throw badAddress(text, "unexpected ']' in address");
    return { host, port };
  }
  const host = text.slice(0, colon);
  if (host.includes(":")) throw badAddress(text, "too many colons in address");
  if (text.includes("[")) throw badAddress(text, "unexpected '[' in address");
  if (text.includes("]")) throw badAddress(text, "unexpected ']' in address");
  return { host, port };
}

/**
 * Checks a list as a backend gave it: empty strings are left out, doubles too; order is kept.
 * @throws BAD_ADDRESS for the first malformed entry, which makes the whole list an error
 */
export function checkEntries(list: readonly string[]): string[] {
  const entries = new Set<string>();
  for (const text of list) {
    if (text === "") continue;
    parseAddress(text);
    entries.add(text);
  }
  return [...entries];
}

/** Whether two lists hold the same entries, whatever their order. */
export function sameEntries(a: readonly string[] | undefined, b: readonly string[]): boolean {
  if (a === undefined || a.length !== b.length) return false;
  const known = new Set(a);
  return b.every((entry) => known.has(entry));
}

/** Whether `text` may be advertised: host:port with a port from 1 to 65535. */
export function isAdvertisable(text: string): boolean {
  const match = /^(?:\[[0-9A-Fa-f:.%]+\]|[^\s:/[\]]+):([0-9]{1,5})$/.exec(text);
  const port = Number(match?.[1] ?? 0);
  return port >= 1 && port <= 65_535;
}
