import Table from "cli-table3";

/** A table without frame for a person's eyes; `ls` prints its own columns, which must cost no start-up time. */
export function table(head: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
  const none = "";
  const made = new Table({
    head: [...head],
    style: { head: [], border: [], "padding-left": 0, "padding-right": 3 },
    chars: {
      top: none,
      "top-mid": none,
      "top-left": none,
      "top-right": none,
      bottom: none,
      "bottom-mid": none,
      "bottom-left": none,
      "bottom-right": none,
      left: none,
      "left-mid": none,
      mid: none,
      "mid-mid": none,
      right: none,
      "right-mid": none,
      middle: none,
    },
  });
  made.push(...rows.map((row) => [...row]));
  return `${made
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n")}\n`;
}
