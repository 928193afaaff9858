/** Something that a create made, or was about to make, outside the store. */
export interface JournalResource {
  kind: string;
  id: string;
}

/** What an unfinished create had reached: `<root>/machines/NAME/.journal.json`; absent once it is done. */
export interface Journal {
  version: 1;
  /** Id of the step begun last. */
  step: string;
  /** Ids of the steps that are done, in order. */
  done: readonly string[];
  resources: readonly JournalResource[];
  /** What the user asked for, to tell whether a second create is the same one. */
  fingerprint: string;
  /** ms since 1970. */
  startedAt: number;
  /** Why the last run stopped, where it could say so. */
  failure?: string;
}
