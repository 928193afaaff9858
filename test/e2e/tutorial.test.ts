import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { importBusybox, type MachineLab, openMachineLab, told } from "../support/machine-lab.ts";

const page = readFileSync(new URL("../../docs/tutorial.md", import.meta.url), "utf8");

/** Headings with the shell blocks below them, in the order of the page. */
function sections(text: string): { title: string; script: string }[] {
  return text
    .split(/^## /m)
    .slice(1)
    .map((section) => ({
      title: section.split("\n")[0] ?? "",
      script: [...section.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block).join("\n"),
    }))
    .filter(({ script }) => script !== "");
}

let world: MachineLab;

beforeAll(async () => {
  world = await openMachineLab();
});

afterAll(async () => {
  await world?.close();
});

/** What a registry would give: busybox on every machine. */
const registry = `for name in $(machine ls -q); do (eval "$(machine env "$name")"; ${importBusybox}); done`;

describe.sequential("the tutorial", () => {
  const environment = 'if [ -n "$(machine cluster ls -q)" ]; then eval "$(machine cluster env demo)"; fi';

  it.each(sections(page))("$title", async ({ title, script }) => {
    const isFirst = script.includes("cluster create");
    const before = isFirst || title === "The end" ? "" : environment;
    const all = `set -e\n${before}\n${script}\n${isFirst ? registry : ""}`;
    const result = await world.bash(all);
    expect(result.exitCode, told(all, result)).toBe(0);
  });

  it("leaves nothing behind", async () => {
    const left = await world.bash(
      "docker ps -aq; docker volume ls -q; docker network ls -q --filter type=custom; machine ls -q",
    );
    expect(left.stdout.trim(), left.stderr).toBe("");
  });
});
