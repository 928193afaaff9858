// Which rows of docs/compat.md have a test that ran and passed. Plain JavaScript: .ci/verify.mjs uses it too.

/** The rows of the page: what they tell, the test's file, and its title as the source has it. */
export function rowsOfPage(markdown) {
  return [
    ...markdown.matchAll(/^\| (.*) \| (?:same|better|missing)(?:: .*)? \| (test\/\S+?\.ts): (.*) \|$/gm),
  ].map(([, item, file, title]) => ({ item: plain(item), file, title: plain(title) }));
}

function plain(cell) {
  return cell.replaceAll("\\|", "|");
}

/** What a title of the source can look like in a report: test.each puts values at %s, %j, %#, $name and the like. */
export function titlePattern(title) {
  const pattern = unescaped(title)
    .split(/(%[sdifjoOcp#$]|%%|\$[A-Za-z_][\w.]*|\$\d+)/)
    .map((part, index) => (index % 2 === 0 ? escaped(part) : part === "%%" ? "%%?" : "[^]*"))
    .join("");
  return new RegExp(`^${pattern}$`);
}

/** The text of a string literal's inside. */
function unescaped(source) {
  try {
    return String(JSON.parse(`"${source}"`));
  } catch {
    return source;
  }
}

function escaped(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** The suite that runs a test file: the projects of vitest.config.ts. */
export function suiteOf(file) {
  if (/^test\/(contract|e2e)\/vbox-/.test(file)) return "vms";
  return /^test\/(unit|contract|e2e)\//.exec(file)?.[1] ?? "none";
}

/**
 * Rows whose test did not pass. Rows of suites that were not run are left out.
 * @param reports by suite: the parsed reports of each of its runs, as Vitest's JSON reporter writes them
 */
export function unprovenRows(rows, reports) {
  const passed = [];
  for (const report of Object.values(reports).flat())
    for (const { name, assertionResults } of report.testResults)
      for (const { title, status } of assertionResults) if (status === "passed") passed.push({ name, title });
  const isProven = ({ file, title }) => {
    const pattern = titlePattern(title);
    return passed.some((test) => test.name.endsWith(`/${file}`) && pattern.test(test.title));
  };
  return rows.filter((row) => (reports[suiteOf(row.file)] ?? []).length > 0 && !isProven(row));
}
