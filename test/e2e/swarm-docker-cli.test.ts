import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  busyboxTar,
  dockerClis,
  eventually,
  type LabManager,
  openSwarmLab,
  type SwarmLab,
  untilHealthy,
} from "../support/swarm-lab.ts";

let lab: SwarmLab;
let manager: LabManager;

beforeAll(async () => {
  lab = await openSwarmLab([20, 20, 26]);
  manager = await lab.startManager(3376);
  await untilHealthy(manager, 3);
  const tar = await busyboxTar(lab.lab);
  const imported = await manager.docker(["import", "--change", 'CMD ["sh"]', tar, "busybox:latest"]);
  expect(imported.stdout).toContain("sha256:");
}, 300_000);
afterAll(() => lab?.close(), 120_000);

/** A command on a terminal of its own, as a person types it. */
function onTerminal(cli: string, words: string, input: string) {
  return manager.docker(["-qec", `${cli} ${words}`, "/dev/null"], { cli: "script", input });
}

describe.each(dockerClis())("%s", (cli) => {
  const tag = cli.includes("local") ? "new" : "old";
  const docker = async (args: readonly string[], more = {}) =>
    (await manager.docker(args, { cli, ...more })).stdout.trim();

  test("version, info and images speak of the cluster", async () => {
    expect(await docker(["version", "--format", "{{.Server.Version}}"])).toBe("swarm/1.2.9");
    const info = await docker(["info"]);
    expect(info).toContain(" Nodes: 3\n");
    expect(info.match(/└ Status: Healthy/g)).toHaveLength(3);
    expect(info).toMatch(/└ Labels: .*storage=ssd/);
    expect(await docker(["images", "--format", "{{.Repository}}:{{.Tag}}"])).toContain("busybox:latest");
  });

  test("run, ps, logs, exec, inspect, stop, rm", async () => {
    const name = `web-${tag}`;
    const id = await docker(["run", "-d", "--name", name, "busybox", "sh", "-c", "echo started; sleep 1000"]);
    expect(id).toMatch(/^[0-9a-f]{64}$/);
    expect(await docker(["ps", "--format", "{{.Names}} {{.Status}}"])).toMatch(new RegExp(`/${name} Up `));
    expect(await docker(["logs", name])).toBe("started");
    expect(await docker(["exec", name, "hostname"])).toBe(id.slice(0, 12));
    expect(await docker(["exec", "-i", name, "cat"], { input: "through stdin" })).toBe("through stdin");
    expect(await docker(["exec", "-d", name, "touch", "/detached"])).toBe("");
    await eventually("the detached exec ran", async () =>
      (await docker(["exec", name, "ls", "/"])).includes("detached") ? true : undefined,
    );
    expect(await docker(["inspect", "-f", "{{.Node.Name}} {{.State.Status}}", name])).toMatch(/ running$/);
    expect(await docker(["top", name])).toContain("sleep 1000");
    expect(await docker(["stats", "--no-stream", "--format", "{{.ID}}", name])).toBe(id.slice(0, 12));
    await docker(["update", "--memory", "64m", "--memory-swap", "128m", name]);
    expect(await docker(["inspect", "-f", "{{.HostConfig.Memory}}", name])).toBe("67108864");
    await docker(["rename", name, `${name}-2`]);
    await docker(["stop", "-t", "0", `${name}-2`]);
    expect(await docker(["ps", "-a", "--filter", `name=${name}-2`, "--format", "{{.Status}}"])).toMatch(
      /^Exited/,
    );
    expect(await docker(["wait", `${name}-2`])).toMatch(/^\d+$/);
    expect(await docker(["rm", `${name}-2`])).toBe(`${name}-2`);
  });

  test("run --rm attaches and passes the exit code on", async () => {
    expect(await docker(["run", "--rm", "busybox", "echo", "hello"])).toBe("hello");
    const piped = await docker(["run", "--rm", "-i", "busybox", "cat"], { input: "a\nb\n" });
    expect(piped).toBe("a\nb");
    const { exitCode } = await manager.docker(["run", "--rm", "busybox", "sh", "-c", "exit 7"], {
      cli,
      okCodes: [7],
    });
    expect(exitCode).toBe(7);
    const device = await docker([
      "run",
      "--rm",
      "--device",
      "/dev/null:/dev/nothing",
      "busybox",
      "ls",
      "/dev/nothing",
    ]);
    expect(device).toBe("/dev/nothing");
  });

  test("run -it and exec -it have a terminal", async () => {
    const run = await onTerminal(cli, `run --rm -it --name tty-${tag} busybox sh`, "tty\nexit 3\n").catch(
      (error: unknown) => ({ stdout: String(error) }),
    );
    expect(run.stdout).toMatch(/\/dev\/pts\/0|\/dev\/console/);
    await docker(["run", "-d", "--name", `it-${tag}`, "busybox", "sleep", "1000"]);
    const exec = await onTerminal(cli, `exec -it it-${tag} tty`, "");
    expect(exec.stdout).toMatch(/\/dev\/pts\/\d/);
    await docker(["rm", "-f", `it-${tag}`]);
  });

  test("logs -f follows until the end; a large output arrives whole", async () => {
    const name = `follow-${tag}`;
    await docker(["run", "-d", "--name", name, "busybox", "sh", "-c", "echo one; sleep 2; echo two"]);
    expect(await docker(["logs", "-f", name])).toBe("one\ntwo");
    const big = await docker(["run", "--rm", "busybox", "sh", "-c", "yes 0123456789 | head -n 200000"]);
    expect(big.length).toBe(200_000 * 11 - 1);
    await docker(["rm", name]);
  });

  test("cp in both directions, commit, save, load", async () => {
    const name = `cp-${tag}`;
    const file = join(lab.lab.dir, `file-${tag}`);
    await writeFile(file, "copied");
    await docker(["create", "--name", name, "busybox", "true"]);
    await docker(["cp", file, `${name}:/copied`]);
    await docker(["cp", `${name}:/copied`, `${file}-back`]);
    expect(await readFile(`${file}-back`, "utf8")).toBe("copied");
    expect(await docker(["diff", name])).toContain("A /copied");
    await docker(["commit", name, `committed-${tag}:1`]);
    expect(await docker(["images", "-q", `committed-${tag}`])).not.toBe("");
    const archive = join(lab.lab.dir, `saved-${tag}.tar`);
    await docker(["save", "-o", archive, `committed-${tag}:1`]);
    await docker(["rm", name]);
    await docker(["rmi", `committed-${tag}:1`]);
    expect(await docker(["load", "-i", archive])).toContain(`committed-${tag}:1`);
    await docker(["rmi", `committed-${tag}:1`]);
  });

  test("networks, volumes, system df, events and prune", async () => {
    const net = `net-${tag}`;
    await docker(["network", "create", "-d", "bridge", net]);
    const listed = await docker(["network", "ls", "--format", "{{.Name}}"]);
    expect(listed).toContain(`/${net}`);
    await docker(["run", "-d", "--name", `in-${tag}`, "--network", net, "busybox", "sleep", "1000"]);
    expect(await docker(["network", "inspect", "-f", "{{json .Containers}}", net])).toContain(`in-${tag}`);
    await docker(["network", "disconnect", net, `in-${tag}`]);
    await docker(["network", "connect", net, `in-${tag}`]);
    await docker(["rm", "-f", `in-${tag}`]);
    await docker(["network", "rm", net]);
    await docker(["volume", "create", `vol-${tag}`]);
    expect((await docker(["volume", "ls", "-q", "--filter", `name=vol-${tag}`])).split("\n")).toHaveLength(3);
    await docker(["volume", "rm", `vol-${tag}`]);
    expect(await docker(["system", "df"])).toMatch(/Images\s+\d/);
    await docker(["create", "--name", `pruned-${tag}`, "busybox", "true"]);
    expect(await docker(["container", "prune", "-f"])).toMatch(/[0-9a-f]{64}/);
    expect(await docker(["ps", "-aq", "--filter", `name=pruned-${tag}`])).toBe("");
    // docker cuts "0s" down to the second that is still running: the end is named, and waited for.
    const until = String(Math.ceil(Date.now() / 1000) + 1);
    const events = await docker(["events", "--since", "60s", "--until", until, "--filter", "type=container"]);
    expect(events).toContain(`pruned-${tag}`);
    expect(events).toContain("node.name=");
  });

  test("build with the classic builder: every line names the node", async () => {
    const context = join(lab.lab.dir, `build-${tag}`);
    await mkdir(context, { recursive: true });
    await writeFile(join(context, "Dockerfile"), "FROM busybox\nCOPY word /word\nRUN cat /word > /copy\n");
    await writeFile(join(context, "word"), `built by ${tag}`);
    const image = `built-${tag}:1`;
    const built = await docker(["build", "--no-cache", "-t", image, context], {
      env: { DOCKER_BUILDKIT: "0" },
    });
    expect(built).toMatch(/: Step 1\/3 : FROM busybox/);
    expect(await docker(["run", "--rm", image, "cat", "/copy"])).toBe(`built by ${tag}`);
    await docker(["rmi", image]);
  });
});

test("build with BuildKit's session, by the CLI that has it inside", async () => {
  const context = join(lab.lab.dir, "buildkit");
  await mkdir(context, { recursive: true });
  await writeFile(join(context, "Dockerfile"), "FROM busybox\nCOPY word /word\nRUN cat /word > /copy\n");
  await writeFile(join(context, "word"), "by BuildKit");
  const [cli = "docker"] = dockerClis();
  const env = { DOCKER_BUILDKIT: "1" };
  await manager.docker(["build", "--progress=plain", "-t", "kit:1", context], {
    cli,
    env,
    timeoutMs: 120_000,
  });
  expect((await manager.docker(["run", "--rm", "kit:1", "cat", "/copy"], { cli })).stdout).toBe(
    "by BuildKit",
  );
});

test("a client without a certificate of the CA is not let in", async () => {
  const { exitCode } = await lab.lab.run(
    "curl",
    ["-s", "-m", "10", "--cacert", join(lab.certDir, "ca.pem"), `https://${manager.addr}/_ping`],
    { okCodes: [35, 52, 56] },
  );
  expect(exitCode).not.toBe(0);
});
