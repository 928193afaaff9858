// The steps that make a fresh clone ready: dependencies, the bundle, images.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheDir, ensureDir, must, root, say } from "./host.mjs";

/** Installs the npm packages of the lock file unless just these are installed. */
export async function ensureNodeModules() {
  const mark = join(root, "node_modules", ".cache", "machine-lock");
  const wanted = digestOf([join(root, "package-lock.json")]);
  if (existsSync(mark) && readFileSync(mark, "utf8") === wanted) return;
  say("installing npm packages");
  await must("npm ci", "npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
  ensureDir(join(root, "node_modules", ".cache"));
  writeFileSync(mark, wanted);
}

/** Bundles both programs into dist/ unless the sources are those of the last bundle. */
export async function ensureBundle() {
  const mark = join(root, "node_modules", ".cache", "machine-bundle");
  const sources = ["src", "drivers", "package-lock.json", "rolldown.config.mjs"].flatMap((name) =>
    filesBelow(join(root, name)),
  );
  const wanted = digestOf(sources);
  const isBuilt = existsSync(join(root, "dist", "machine.cjs"));
  if (isBuilt && existsSync(mark) && readFileSync(mark, "utf8") === wanted) return;
  say("bundling");
  await must("npm run build", "npm", ["run", "--silent", "build"]);
  writeFileSync(mark, wanted);
}

/** Environment that makes every run of the CLI use the shared caches. */
export function cacheEnv() {
  return {
    MACHINE_IMAGE_CACHE: ensureDir(join(cacheDir, "images")),
    MACHINE_BUILD_CACHE: ensureDir(join(cacheDir, "build")),
  };
}

/** Builds the images that are missing or older than their recipe. */
export async function ensureImages(...kinds) {
  say(`making images: ${kinds.join(", ")}`);
  for (const kind of kinds) {
    await must(
      `the ${kind} image`,
      process.execPath,
      [join(root, "bin", "machine.js"), "image", "build", kind],
      {
        env: { ...process.env, ...cacheEnv() },
      },
    );
  }
}

function filesBelow(path) {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true })
    .map((name) => join(path, String(name)))
    .filter((file) => statSync(file).isFile())
    .sort();
}

function digestOf(files) {
  const hash = createHash("sha256");
  for (const file of files)
    hash.update(file.slice(root.length)).update("\0").update(readFileSync(file)).update("\0");
  return hash.digest("hex");
}
