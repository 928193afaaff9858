import type { Exchange } from "./exchange.ts";

export type Handler = (exchange: Exchange) => void | Promise<void>;

/** One line of the table of routes. */
export interface Route {
  readonly methods: readonly string[];
  /** "{}" takes one part of the path, "{*}" any number of them. */
  readonly pattern: string;
  readonly handle: Handler;
  /** Served by replicas themselves instead of being passed to the primary. */
  readonly isLocal?: boolean;
  /** Takes over the client's connection where the client asks for it. */
  readonly isHijack?: boolean;
}

export interface Match {
  readonly route: Route;
  readonly params: readonly string[];
}

interface Compiled {
  readonly route: Route;
  readonly expression: RegExp;
}

/** Finds the route of a path; the first line that fits wins. Built once per table. */
export class RouteTable {
  readonly #byMethod = new Map<string, Compiled[]>();

  constructor(routes: readonly Route[]) {
    for (const route of routes) {
      const compiled = { route, expression: compile(route.pattern) };
      for (const method of route.methods) {
        const lines = this.#byMethod.get(method);
        if (lines) lines.push(compiled);
        else this.#byMethod.set(method, [compiled]);
      }
    }
  }

  /** @returns undefined where no line fits, or where a part is not well encoded */
  find(method: string, path: string): Match | undefined {
    for (const { route, expression } of this.#byMethod.get(method) ?? []) {
      const found = expression.exec(path);
      if (!found) continue;
      const params: string[] = [];
      for (const part of found.slice(1)) {
        const decoded = decodePart(part);
        if (decoded === undefined) return undefined;
        params.push(decoded);
      }
      return { route, params };
    }
    return undefined;
  }
}

function compile(pattern: string): RegExp {
  const source = pattern.replaceAll("{*}", "(.+)").replaceAll("{}", "([^/]+)");
  return new RegExp(`^${source}$`);
}

function decodePart(part: string): string | undefined {
  if (!part.includes("%")) return part;
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined; // "%zz": no name is written so
  }
}

/** Splits "/v1.41/info?a=b"; the version is "" where there is none. */
export function splitUrl(url: string): { apiVersion: string; path: string; rawQuery: string } {
  const question = url.indexOf("?");
  const rawQuery = question < 0 ? "" : url.slice(question + 1);
  const whole = question < 0 ? url : url.slice(0, question);
  const [, apiVersion, rest] = /^\/v(\d+\.\d+)(\/.*)$/.exec(whole) ?? [];
  return { apiVersion: apiVersion ?? "", path: rest ?? whole, rawQuery };
}
