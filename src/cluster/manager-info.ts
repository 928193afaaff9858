import * as v from "valibot";

/** One engine as a manager's `info` shows it. */
export interface ManagerNode {
  readonly name: string;
  /** host:port of its engine. */
  readonly addr: string;
  /** "Pending", "Healthy", "Unhealthy", …; "" when the manager does not say. */
  readonly status: string;
  /** Why it is not Healthy; "" when all is well. */
  readonly error: string;
  readonly containers: string;
  readonly serverVersion: string;
}

export interface ManagerInfo {
  readonly role: string;
  /** Address of the primary, on a replica; "" elsewhere. */
  readonly primary: string;
  readonly strategy: string;
  readonly nodes: readonly ManagerNode[];
}

const schema = v.object({ SystemStatus: v.array(v.tuple([v.string(), v.string()])) });

/** Reads a manager's answer to GET /info; undefined where it is no Swarm manager's. Source: docs/swarm-api.md. */
export function parseManagerInfo(body: unknown): ManagerInfo | undefined {
  const parsed = v.safeParse(schema, body);
  if (!parsed.success) return undefined;
  const rows = parsed.output.SystemStatus;
  const top = new Map(rows.filter(([key]) => !key.startsWith(" ")));
  const nodes: { name: string; addr: string; fields: Map<string, string> }[] = [];
  for (const [key, value] of rows) {
    const field = /^ {2}└ (.+)$/.exec(key)?.[1];
    if (field !== undefined) nodes.at(-1)?.fields.set(field, value);
    else if (/^ \S/.test(key)) nodes.push({ name: key.trim(), addr: value, fields: new Map() });
  }
  return {
    role: top.get("Role") ?? "",
    primary: top.get("Primary") ?? "",
    strategy: top.get("Strategy") ?? "",
    nodes: nodes.map(({ name, addr, fields }) => ({
      name,
      addr,
      status: fields.get("Status") ?? "",
      error: fields.get("Error") ?? "",
      containers: fields.get("Containers") ?? "",
      serverVersion: fields.get("ServerVersion") ?? "",
    })),
  };
}
