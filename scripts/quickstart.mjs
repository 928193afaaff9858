// From a fresh clone to a running Swarm cluster of three container machines: npm run quickstart
//   npm run quickstart                    set up, make the cluster, show it
//   npm run quickstart -- --isolated      the same in a network namespace with an engine of its own (root)
//   npm run quickstart -- --down          remove the cluster and what was started for it
// MACHINE_QUICKSTART_DIR names another folder for what it keeps (and, by its last part, the namespace): a second one beside the first.
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import {
  answeringEngine,
  endEngine,
  isolatedEngine,
  startHostEngine,
  startIsolatedEngine,
  within,
} from "./lib/engine.mjs";
import { ensureDir, isDebianLike, isRoot, must, outputOf, root, say } from "./lib/host.mjs";
import { ensurePackages } from "./lib/packages.mjs";
import { cacheEnv, ensureBundle, ensureNodeModules } from "./lib/prepare.mjs";

const flags = process.argv.slice(2);
const stateDir = resolve(process.env.MACHINE_QUICKSTART_DIR ?? join(root, ".quickstart"));
const namespace = `machine-${basename(stateDir).replace(/^\.*/, "")}`;
const stateFile = join(stateDir, "state.json");
const machineProgram = join(root, "bin", "machine.js");
const nodes = ["swarm-node-01", "swarm-node-02"];
const names = ["swarm-master", ...nodes];

const usage = "usage: npm run quickstart -- [--isolated] [--down]";

async function main() {
  const unknown = flags.filter((flag) => flag !== "--isolated" && flag !== "--down");
  if (unknown.length > 0) {
    say(`unknown: ${unknown.join(" ")}\n${usage}`);
    return 2;
  }
  if (flags.includes("--down")) return down();
  await setUp();
  const state = await startedEngine(flags.includes("--isolated"));
  await makeImages(state);
  await makeCluster(state);
  await show(state);
  return 0;
}

async function setUp() {
  if (isRoot && isDebianLike) await ensurePackages("engine", "images");
  await ensureNodeModules();
  await ensureBundle();
}

/** The engine of a run before this one while it answers, else one that is started now where it is needed. */
async function startedEngine(isAskedIsolated) {
  const before = readState();
  if (before !== undefined && answeringEngine(envOf(before)) !== undefined) return before;
  const isIsolated = before?.isIsolated ?? isAskedIsolated;
  const state = { engine: {}, env: {}, isIsolated };
  ensureDir(stateDir);
  if (isIsolated) {
    state.engine = isolatedEngine(namespace, join(stateDir, "engine"));
    state.env = { DOCKER_HOST: state.engine.address, MACHINE_STORAGE_PATH: join(stateDir, "store") };
    writeState(state); // before anything is made, so that --down finds it whatever happens
  }
  if (isIsolated) await startIsolatedEngine(state.engine);
  else if (answeringEngine() === undefined) state.engine = await startHostEngine(join(stateDir, "engine"));
  writeState(state);
  return state;
}

function writeState(state) {
  writeFileSync(stateFile, JSON.stringify(state, null, 2));
}

function readState() {
  return existsSync(stateFile) ? JSON.parse(readFileSync(stateFile, "utf8")) : undefined;
}

function envOf(state) {
  return { ...process.env, ...cacheEnv(), ...state.env };
}

/** Runs the CLI where the cluster is, showing the command as a person would type it. */
async function machine(state, ...args) {
  say(`\n$ machine ${args.join(" ")}`);
  await must("machine", ...within(state.engine.namespace, process.execPath, [machineProgram, ...args]), {
    env: envOf(state),
  });
}

/** Images; the engine gets swarm:latest too, so that `docker run swarm create` works before any machine exists. */
async function makeImages(state) {
  await machine(state, "image", "build", "container", "swarm");
}

async function makeCluster(state) {
  const present = outputOf(
    ...within(state.engine.namespace, process.execPath, [machineProgram, "ls", "-q"]),
    { env: envOf(state) },
  );
  const missing = names.filter((name) => !(present ?? "").split("\n").includes(name));
  for (const name of missing) {
    const master = name === "swarm-master" ? ["--swarm-master"] : [];
    await machine(state, "create", "-d", "docker", "--swarm", ...master, name);
  }
  const stopped = stoppedOf(state);
  if (stopped.length > 0) await machine(state, "start", ...stopped);
}

function stoppedOf(state) {
  const list = ["ls", "--filter", "state=Stopped", "--format", "{{.Name}}"];
  const text = outputOf(...within(state.engine.namespace, process.execPath, [machineProgram, ...list]), {
    env: envOf(state),
  });
  return (text ?? "").split("\n").filter((name) => names.includes(name));
}

async function show(state) {
  await machine(state, "ls");
  say('\n$ eval "$(machine env --swarm swarm-master)"; docker info');
  const script = 'eval "$("$0" "$1" env --shell bash --swarm swarm-master)" && docker info';
  await must(
    "docker info",
    ...within(state.engine.namespace, "bash", ["-c", script, process.execPath, machineProgram]),
    {
      env: envOf(state),
    },
  );
  say(goOn(state));
}

function goOn(state) {
  const alias = `machine() { node ${machineProgram} "$@"; }`;
  const down = "npm run quickstart -- --down";
  const enter = state.isIsolated
    ? `The cluster is in a network namespace; a shell inside it:
  nsenter --net=/run/netns/${state.engine.namespace} env DOCKER_HOST=${state.env.DOCKER_HOST} MACHINE_STORAGE_PATH=${state.env.MACHINE_STORAGE_PATH} bash
`
    : "";
  return `
The cluster is up. Go on:
${enter}  ${alias}
  eval "$(machine env --swarm swarm-master)"
  docker run -d --name web busybox httpd -f     # needs a registry, or a busybox image loaded before
  docker ps
Remove it all again:
  ${down}`;
}

async function down() {
  const state = readState() ?? { engine: {}, env: {} };
  if (existsSync(join(root, "dist", "machine.cjs"))) {
    const there = outputOf(
      ...within(state.engine.namespace, process.execPath, [machineProgram, "ls", "-q"]),
      { env: envOf(state) },
    );
    const ours = (there ?? "").split("\n").filter((name) => names.includes(name));
    if (ours.length > 0) await machine(state, "rm", "-f", ...ours);
  }
  await endEngine(state.engine);
  rmSync(stateDir, { recursive: true, force: true });
  say("everything is down");
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
