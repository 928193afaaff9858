// Kills creates of machines at every step and at many more moments than npm test does, with both drivers and, for VMs,
// also after the boot: npm run soak [-- ROUNDS]
import { join } from "node:path";
import { cacheDir, isRoot, root, run, say } from "./lib/host.mjs";
import { ensureLabTrees } from "./lib/lab-trees.mjs";
import { ensurePackages } from "./lib/packages.mjs";
import { cacheEnv, ensureBundle, ensureImages, ensureNodeModules } from "./lib/prepare.mjs";

const rounds = Number(process.argv[2] ?? "30");
if (!Number.isInteger(rounds) || rounds < 1) {
  say("usage: npm run soak [-- ROUNDS], a number of seeded moments for each kind of kill (30)");
  process.exit(2);
}
if (!isRoot) {
  say("soaking needs root: it makes network namespaces and runs engines in them");
  process.exit(1);
}

await ensureNodeModules();
await ensurePackages("engine", "images", "tests");
await ensureLabTrees(cacheDir);
await ensureBundle();
await ensureImages("all");
const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
const projects = ["--project", "e2e", "--project", "vms"];
const files = ["test/e2e/kills-", "test/e2e/vbox-kills"];
process.exitCode = await run(process.execPath, [vitest, "run", ...projects, "--reporter=verbose", ...files], {
  env: { ...process.env, ...cacheEnv(), MACHINE_SOAK_ROUNDS: String(rounds) },
});
