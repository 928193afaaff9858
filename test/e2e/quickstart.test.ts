import { existsSync, readFileSync } from "node:fs";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silentLog } from "../../src/kit/log.ts";
import { type Env, type RunResult, realRun } from "../../src/kit/process.ts";
import { told } from "../support/machine-lab.ts";

const run = realRun(silentLog);
const root = fileURLToPath(new URL("../..", import.meta.url));
const script = join(root, "scripts", "quickstart.mjs");
const anyCode = Array.from({ length: 256 }, (_, code) => code);
const names = ["swarm-master", "swarm-node-01", "swarm-node-02"];

let dir: string;
/** What quickstart keeps goes here, not where a cluster of the user's may be. */
let env: Env;
const namespaces: string[] = [];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "mqs-"));
  env = { HOME: dir, DOCKER_CONFIG: dir, MACHINE_QUICKSTART_DIR: join(dir, basename(dir)), NO_COLOR: "1" };
});

afterEach(async () => {
  await run(process.execPath, [script, "--down"], { env: cleanEnv(), timeoutMs: 120_000, okCodes: anyCode });
  for (const name of namespaces.splice(0)) {
    await run("ip", ["netns", "delete", name], { okCodes: anyCode });
  }
  await rm(dir, { recursive: true, force: true });
});

/** A user's environment in which no engine and no machine is chosen. */
function cleanEnv(): Env {
  const chosen = /^(DOCKER_|MACHINE_STORAGE_PATH$)/;
  const rest = Object.fromEntries(Object.entries(process.env).filter(([name]) => !chosen.test(name)));
  return { ...rest, ...env };
}

async function bash(text: string, timeoutMs = 540_000): Promise<RunResult> {
  // env -i: what is left out above must not come in from this process
  const words = Object.entries(cleanEnv()).map(([name, value]) => `${name}=${value ?? ""}`);
  const result = await run("env", ["-i", ...words, "bash", "-c", text], { timeoutMs, okCodes: anyCode });
  return result;
}

function expectCluster({ stdout }: RunResult): void {
  expect(stdout).toMatch(/^swarm-master .* swarm-master \(master\) /m);
  for (const node of names.slice(1))
    expect(stdout).toMatch(new RegExp(`^${node} .* Running .* swarm-master `, "m"));
  expect(stdout).toMatch(/^\s*Nodes: 3$/m);
  expect(stdout.match(/└ Status: Healthy/g)).toHaveLength(3);
}

describe.sequential("quickstart", () => {
  it("--isolated: a cluster in a namespace with an engine of its own; what it prints works; --down leaves nothing", async () => {
    const up = await bash(`exec node ${script} --isolated`);
    expect(up.exitCode, told("quickstart --isolated", up)).toBe(0);
    expectCluster(up);
    const namespace = `machine-${basename(dir)}`;
    const pid = Number(readFileSync(`/run/${namespace}/dockerd.pid`, "utf8"));
    expect(readFileSync(`/proc/${pid}/comm`, "utf8").trim()).toBe("dockerd");

    const enter = /^ {2}(nsenter .*) bash$/m.exec(up.stderr)?.[1] ?? "";
    const alias = /^ {2}(machine\(\) .*)$/m.exec(up.stderr)?.[1] ?? "";
    expect(enter).toContain(`--net=/run/netns/${namespace} `);
    const inside = `${alias}
      eval "$(machine env --swarm swarm-master)" && docker ps -a && machine status swarm-node-01 &&
      docker run --rm swarm create`;
    const used = await run("bash", ["-c", `exec ${enter} bash -c "$1"`, "bash", inside], {
      env: cleanEnv(),
      timeoutMs: 120_000,
      okCodes: anyCode,
    });
    expect(used.exitCode, told(inside, used)).toBe(0);
    expect(used.stdout).toMatch(/^CONTAINER ID .*\n(?:.*\n)*Running\n(?:.*\n)?[0-9a-f]{32}\n$/);

    const again = await bash(`exec node ${script} --isolated`);
    expect(again.exitCode, told("a second run", again)).toBe(0);
    expect(again.stderr).not.toContain("$ machine create");
    expectCluster(again);

    const down = await bash(`exec node ${script} --down`);
    expect(down.exitCode, told("quickstart --down", down)).toBe(0);
    for (const path of [`/run/netns/${namespace}`, `/run/${namespace}`, join(dir, basename(dir))]) {
      expect(existsSync(path), path).toBe(false);
    }
    expect(existsSync(`/proc/${pid}`)).toBe(false);
    expect(readFileSync("/proc/self/mounts", "utf8")).not.toContain(namespace);
  });

  it("where no engine answers and the service script fails: starts one itself, and --down ends it", async () => {
    const namespace = `mqsh${process.pid}`;
    await run("ip", ["netns", "add", namespace]);
    namespaces.push(namespace);
    await run("ip", ["-n", namespace, "link", "set", "lo", "up"]);
    const broken = join(dir, "broken-service");
    await writeFile(broken, "#!/bin/sh\nexit 1\n");
    await chmod(broken, 0o755);
    // a computer of its own as far as this goes: its network, its /run with /run/docker.sock, its service script, its
    // processes, which end with the script whatever happens
    const inside = `set -e
      mount -t tmpfs tmpfs /run
      mount --bind ${broken} /etc/init.d/docker
      quickstart() { node ${script} "$@"; }
      quickstart
      pid=$(cat /run/machine-engine/dockerd.pid)
      echo "engine $(cat /proc/$pid/comm) on $(docker version --format '{{.Server.Version}}')"
      quickstart --down
      test ! -e /proc/$pid; test ! -e /run/machine-engine; test ! -e ${join(dir, basename(dir))}
      echo "left: $(docker version >/dev/null 2>&1 && echo an engine)$(ls ${dir}/.docker/machine/machines)"`;
    const result = await bash(
      `exec nsenter --net=/run/netns/${namespace} unshare --mount --propagation private --pid --fork --kill-child --mount-proc bash -c '${inside.replaceAll("'", `'\\''`)}'`,
    );
    expect(result.exitCode, told("quickstart and --down", result)).toBe(0);
    expectCluster(result);
    expect(result.stderr).toContain("no engine answers: starting it by its service script");
    expect(result.stderr).toContain("starting an engine of its own");
    expect(result.stdout).toMatch(/^engine dockerd on \d+\./m);
    expect(result.stdout).toMatch(/^left: $/m);
  });
});
