import type { Row } from "./row.ts";

/** What cannot be had where the tests run. */
const notRunHere = [
  "docker-machine 0.16.2 and Swarm 1.2.9 themselves: their documented and recorded behaviour stands in",
  "PowerShell, cmd and Emacs: the lines that env prints for them are compared as text",
  "Windows and macOS: paths and differences are covered by unit tests",
  "VirtualBox versions other than the one of Debian sid: parsers and command lines are tested on recordings",
  "distributions other than Debian: provisioners are tested on their command lines",
];

/** The text of docs/compat.md. */
export function compatDocument(rows: readonly Row[]): string {
  const lines = [
    "# Compatibility",
    "",
    "What scripts use of docker-machine 0.16.2 and of Swarm 1.2.9, how it stands here, and the test that proves it.",
    "`same`: as in the original. `better`: different on purpose, with the reason. This page is generated from",
    "test/compat by `npx tsx test/compat/write.ts`.",
  ];
  for (const group of [...new Set(rows.map((row) => row.group))]) {
    lines.push("", `## ${group}`, "", "| item | state | test |", "|---|---|---|");
    for (const row of rows.filter((one) => one.group === group)) {
      const state = row.note === undefined ? row.state : `${row.state}: ${row.note}`;
      lines.push(`| ${cell(row.item)} | ${cell(state)} | ${cell(`${row.file}: ${row.test}`)} |`);
    }
  }
  lines.push("", "## Deliberate differences", "");
  for (const row of rows) if (row.note !== undefined) lines.push(`- ${row.group}, ${row.item}: ${row.note}`);
  lines.push("", "## Not run here", "", ...notRunHere.map((line) => `- ${line}`), "");
  return lines.join("\n");
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
