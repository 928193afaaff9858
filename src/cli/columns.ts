const gap = 3;
const leastWidth = 5;

/**
 * Aligned columns as docker-machine prints them: three blanks behind the longest cell, five characters at least with
 * those blanks; the last column is not padded.
 */
export function columns(rows: ReadonlyArray<readonly string[]>): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.slice(0, -1).forEach((cell, index) => {
      widths[index] = Math.max(widths[index] ?? leastWidth, [...cell].length + gap);
    });
  }
  return rows.map((row) => `${line(row, widths)}\n`).join("");
}

function line(row: readonly string[], widths: readonly number[]): string {
  const last = row.length - 1;
  return row.map((cell, index) => (index === last ? cell : pad(cell, widths[index] ?? 0))).join("");
}

function pad(cell: string, width: number): string {
  return cell + " ".repeat(Math.max(0, width - [...cell].length));
}
