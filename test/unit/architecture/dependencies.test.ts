import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { describe, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../../..");

interface Import {
  readonly from: string;
  /** A path in the project, or the package as it is written. */
  readonly to: string;
  readonly typeOnly: boolean;
}

/** The parts of the house, each with the parts that it may import; `kit` and itself are always allowed. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  kit: [],
  template: [],
  store: [],
  certs: [],
  ssh: [],
  docker: [],
  driver: ["store", "certs", "ssh", "docker"],
  provision: ["store", "certs", "ssh", "docker"],
  image: ["store", "certs", "ssh", "docker"],
  swarm: ["store", "certs", "ssh", "docker", "template"],
  machine: ["store", "certs", "ssh", "docker", "driver", "provision", "image"],
  cluster: ["store", "certs", "ssh", "docker", "driver", "provision", "image", "machine"],
  cli: ["template", "store", "certs", "ssh", "docker", "driver", "provision", "image", "machine", "cluster"],
};

/** Contracts that are types alone and may be named from below. */
const sharedTypes: ReadonlySet<string> = new Set(["src/driver/driver.ts"]);

/** Heavy packages, and the one file that may load each. */
const onlyIn: Readonly<Record<string, string>> = {
  execa: "src/kit/process.ts",
  "node-ssh": "src/ssh/native.ts",
  dockerode: "src/docker/client.ts",
  "@peculiar/x509": "src/certs/generate.ts",
  "cli-table3": "src/cli/output.ts",
};

function sourceFiles(directory: string): string[] {
  return readdirSync(join(root, directory), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(directory, name).split(sep).join("/"));
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), "utf8");
  const pattern =
    /^\s*(?:import|export)\s+(type\s)?(?:[^"';]*?\sfrom\s+)?"([^"]+)"|\bimport\(\s*"([^"]+)"\s*\)/gm;
  return [...text.matchAll(pattern)].map(([, type, named, lazy]) => {
    const specifier = named ?? lazy ?? "";
    return { from: file, to: target(file, specifier), typeOnly: type !== undefined };
  });
}

function target(file: string, specifier: string): string {
  if (!specifier.startsWith(".")) return specifier;
  return relative(root, resolve(root, dirname(file), specifier))
    .split(sep)
    .join("/");
}

const partOf = (path: string): string => /^src\/([^/]+)\//.exec(path)?.[1] ?? "";

const src = sourceFiles("src").flatMap(importsOf);
const drivers = sourceFiles("drivers").flatMap(importsOf);
const show = ({ from, to }: Import) => `${from} → ${to}`;

describe("dependencies point one way", () => {
  test("the import lines are found", () => {
    expect(src.length).toBeGreaterThan(200);
    expect(src.map(show)).toContain("src/cli/main.ts → drivers/index.ts");
    expect(src.map(show)).toContain("src/cli/context.ts → src/machine/engine-probe.ts");
  });

  test("every part of src is known", () => {
    const parts = new Set(sourceFiles("src").map(partOf));
    expect([...parts].filter((part) => mayImport[part] === undefined)).toEqual([]);
  });

  test("each part imports only parts below it", () => {
    const breaches = src.filter(({ from, to, typeOnly }) => {
      const [part, other] = [partOf(from), partOf(to)];
      if (other === "" || other === part || other === "kit") return false;
      if (typeOnly && sharedTypes.has(to)) return false;
      return !(mayImport[part] ?? []).includes(other);
    });
    expect(breaches.map(show)).toEqual([]);
  });

  test("nothing imports cli", () => {
    const breaches = [...src, ...drivers].filter(
      ({ from, to }) => partOf(to) === "cli" && partOf(from) !== "cli",
    );
    expect(breaches.map(show)).toEqual([]);
  });

  test("swarm knows nothing of machines, and they nothing of it", () => {
    const apart = ["machine", "driver", "cluster", "provision"];
    const breaches = src.filter(
      ({ from, to }) =>
        (partOf(from) === "swarm" && apart.includes(partOf(to))) ||
        (apart.includes(partOf(from)) && partOf(to) === "swarm"),
    );
    expect(breaches.map(show)).toEqual([]);
  });

  test("only the composition root knows the drivers", () => {
    const breaches = src.filter(({ from, to }) => to.startsWith("drivers/") && from !== "src/cli/main.ts");
    expect(breaches.map(show)).toEqual([]);
  });

  test("a driver imports #driver, #kit and its own files", () => {
    const breaches = drivers.filter(({ from, to }) => {
      if (from === "drivers/index.ts") return !/^(#driver|drivers\/[^/]+\/driver\.ts)$/.test(to);
      if (to.startsWith("#") || to.startsWith("node:")) return !/^(#driver$|#kit\/|node:)/.test(to);
      const own = `${from.split("/").slice(0, 2).join("/")}/`;
      return to.includes("/") && /^(src|drivers|image|test)\//.test(to) && !to.startsWith(own);
    });
    expect(breaches.map(show)).toEqual([]);
  });

  test.each(Object.entries(onlyIn))("%s is imported by %s alone", (heavy, file) => {
    const breaches = [...src, ...drivers].filter(
      ({ from, to, typeOnly }) => to === heavy && from !== file && !typeOnly,
    );
    expect(breaches.map(show)).toEqual([]);
  });

  test("cli imports packages only where they are needed", () => {
    const breaches = src.filter(
      ({ from, to }) => partOf(from) === "cli" && /^[@a-z]/.test(to) && !/^(node:|src\/|drivers\/)/.test(to),
    );
    const packages = [...new Set(breaches.map(({ to }) => to))].sort();
    expect(packages).toEqual(["chalk", "cli-table3", "commander"]);
  });
});
