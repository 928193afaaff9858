import { Fields, isJsonObject } from "./fields.ts";

/** Something that a create made, or was about to make, outside the store. */
export interface JournalResource {
  readonly kind: string;
  readonly id: string;
}

/** What an unfinished create had reached: `<root>/machines/NAME/.journal.json`; absent once it is done. */
export interface Journal {
  readonly version: 1;
  /** Id of the step begun last. */
  readonly step: string;
  /** Ids of the steps that are done, in order. */
  readonly done: readonly string[];
  readonly resources: readonly JournalResource[];
  /** What the user asked for, to tell whether a second create is the same one. */
  readonly fingerprint: string;
  /** ms since 1970. */
  readonly startedAt: number;
  /** Why the last run stopped, where it could say so. */
  readonly failure?: string;
}

/** Reads a journal; a damaged one counts as that of a create that had reached nothing. */
export function parseJournal(text: string): Journal {
  try {
    const fields = new Fields(JSON.parse(text), "journal");
    const resources = fields.get("resources");
    const failure = fields.string("failure");
    return {
      version: 1,
      step: fields.string("step"),
      done: fields.list("done"),
      resources: Array.isArray(resources) ? resources.flatMap(parseResource) : [],
      fingerprint: fields.string("fingerprint"),
      startedAt: fields.number("startedAt"),
      ...(failure === "" ? {} : { failure }),
    };
  } catch {
    // written whole or not at all by us; whatever else it is, the machine is not finished
    return { version: 1, step: "", done: [], resources: [], fingerprint: "", startedAt: 0 };
  }
}

function parseResource(value: unknown): JournalResource[] {
  if (!isJsonObject(value)) return [];
  const { kind, id } = value;
  return typeof kind === "string" && typeof id === "string" ? [{ kind, id }] : [];
}
