import type { DriverEngine } from "#driver";
import { AppError } from "#kit/errors";

type Json = Record<string, unknown>;

/** JSON of unknown shape, read with care. */
export function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value below `path`, or undefined where the shape is another. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, key) => (isJson(inner) ? inner[key] : undefined), value);
}

export function textAt(value: unknown, ...path: readonly string[]): string {
  const found = at(value, ...path);
  return typeof found === "string" ? found : "";
}

export function listAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** The engine's calls with statuses turned to errors. */
export class Engine {
  readonly driver: DriverEngine;

  constructor(driver: DriverEngine) {
    this.driver = driver;
  }

  /** The answer's body; undefined for a status of `absent` (404 and the like). */
  async call(method: string, path: string, body?: unknown, absent: readonly number[] = []): Promise<unknown> {
    const answer = await this.driver.request(method, path, body);
    if (absent.includes(answer.status)) return undefined;
    if (answer.status >= 400) throw refused(`${method} ${path}`, answer.status, answer.body);
    return answer.body ?? {};
  }

  inspect(container: string): Promise<unknown> {
    return this.call("GET", `/containers/${container}/json`, undefined, [404]);
  }

  /** All containers with a label, stopped ones too. */
  async withLabel(label: string): Promise<readonly unknown[]> {
    const filters = encodeURIComponent(JSON.stringify({ label: [label] }));
    const list = await this.call("GET", `/containers/json?all=1&filters=${filters}`);
    return Array.isArray(list) ? list : [];
  }
}

/** An engine's refusal; `cause` carries the status. */
export class EngineRefused extends AppError {
  readonly status: number;
  constructor(message: string, status: number) {
    super("ENGINE_REFUSED", message);
    this.status = status;
  }
}

function refused(what: string, status: number, body: unknown): EngineRefused {
  const text = textAt(body, "message") || (typeof body === "string" ? body.trim() : "");
  return new EngineRefused(`the engine refused ${what} (${status}): ${text}`, status);
}
