/** One row of docs/compat.md. */
interface PageRow {
  readonly item: string;
  readonly file: string;
  /** As the test's source has it. */
  readonly title: string;
}

/** What is used of a report of Vitest's JSON reporter. */
interface Report {
  readonly testResults: ReadonlyArray<{
    readonly name: string;
    readonly assertionResults: ReadonlyArray<{ readonly title: string; readonly status: string }>;
  }>;
}

export declare function rowsOfPage(markdown: string): PageRow[];
export declare function titlePattern(title: string): RegExp;
export declare function suiteOf(file: string): string;
export declare function unprovenRows<Row extends PageRow>(
  rows: readonly Row[],
  reports: Readonly<Record<string, readonly Report[]>>,
): Row[];
