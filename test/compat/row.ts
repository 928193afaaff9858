/** How an item of docker-machine 0.16.2 or Swarm 1.2.9 stands here. */
type State = "same" | "better" | "missing";

/** One command, flag, variable, column, filter key, file or exit code, and the test that proves what is said of it. */
export interface Row {
  readonly group: string;
  readonly item: string;
  /** "better": a deliberate difference; "missing": it is not there. `note` gives either with its reason. */
  readonly state: State;
  readonly note?: string;
  /** Path of the test file. */
  readonly file: string;
  /** The test's title as its source has it. */
  readonly test: string;
}

/** Rows of one group that one test proves. */
export function rows(
  group: string,
  proof: readonly [file: string, test: string],
  items: ReadonlyArray<string | readonly [item: string, note: string]>,
): Row[] {
  const [file, test] = proof;
  return items.map((item) =>
    typeof item === "string"
      ? { group, item, state: "same", file, test }
      : { group, item: item[0], state: "better", note: item[1], file, test },
  );
}

/** Items that are not there; the test proves what happens instead. */
export function missingRows(
  group: string,
  proof: readonly [file: string, test: string],
  items: ReadonlyArray<readonly [item: string, note: string]>,
): Row[] {
  const [file, test] = proof;
  return items.map(([item, note]) => ({ group, item, state: "missing", note, file, test }));
}
