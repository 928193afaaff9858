import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../../src/kit/clock.ts";
import { AppError } from "../../../src/kit/errors.ts";
import { fakeDriver } from "../../support/fake-driver.ts";
import { type MachineWorld, machineWorld } from "../../support/machine-world.ts";
import { runMachine } from "../../support/run-machine.ts";

let world: MachineWorld;

beforeAll(async () => {
  // `ls` limits its waits by the clock: one that does not jump
  world = await machineWorld({ clock: systemClock });
  expect((await runMachine("create -d fake a b m10 m9", { world })).exitCode).toBe(0);
});

afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

describe("create", () => {
  test("shows its steps as lines with the machine's name, and how to go on", async () => {
    const { stdout, stderr, exitCode } = await runMachine("create -d fake shown", { world });
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 0 });
    expect(stderr).toMatch(/^\(shown\) /m);
    expect(stderr).toMatch(/To point docker to this machine, run: machine env shown\n$/);
    await runMachine("rm -y shown", { world });
  });

  test("without --driver the best one that is usable is taken, and the command says which", async () => {
    const { stderr, exitCode } = await runMachine("create plain", { world });
    expect(exitCode).toBe(0);
    expect(stderr).toContain("no driver was named: taking fake");
    await runMachine("rm -y plain", { world });
  });

  test("MACHINE_DRIVER names the driver", async () => {
    const { stderr, exitCode } = await runMachine("create x", { world, env: { MACHINE_DRIVER: "nope" } });
    expect(exitCode).toBe(1);
    expect(stderr).toContain('there is no driver named "nope"');
  });

  test("the driver's flags join once it is known; those of another driver do not", async () => {
    const ok = await runMachine("create --fake-size 3 sized -driver fake", { world });
    expect(ok.exitCode).toBe(0);
    expect((await world.ctx.store.get("sized")).Driver["Size"]).toBe(3);
    expect(await runMachine("create -d fake --virtualbox-memory 1 x", { world })).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("there is no flag --virtualbox-memory"),
    });
    await runMachine("rm -y sized", { world });
  });

  test("a flag of another driver: the error names the driver that it belongs to", async () => {
    await using two = await machineWorld({
      drivers: (provider) => [
        fakeDriver(provider),
        {
          ...fakeDriver(provider),
          name: "other",
          flags: [{ name: "other-key", type: "string", default: "", summary: "its key" }],
        },
      ],
    });
    expect(await runMachine("create -d fake --other-key k x", { world: two })).toEqual({
      exitCode: 2,
      stdout: "",
      stderr: [
        "--other-key is a flag of the driver other, and the driver here is fake",
        "--driver other chooses that one; machine create --driver fake --help shows the flags of fake\n",
      ].join("\n"),
    });
    // behind -- it is a name, and none that can be
    expect(await runMachine("create -d fake -- --other-key", { world: two })).toMatchObject({ exitCode: 1 });
  });

  test("--driver without a value: exit 2", async () => {
    expect(await runMachine("create --driver", { world })).toMatchObject({
      exitCode: 2,
      stderr: "--driver needs a value\n",
    });
  });

  test("every shared flag reaches the record", async () => {
    const line = [
      "create --driver fake --engine-install-url http://x --engine-opt a=b --engine-opt c --engine-insecure-registry r:5000",
      "--engine-registry-mirror http://m --engine-label tier=web --engine-storage-driver overlay2 --engine-env K=V",
      "--swarm --swarm-image my/swarm --swarm-master --swarm-discovery token://abc --swarm-strategy binpack",
      "--swarm-opt heartbeat=5s --swarm-join-opt ttl=30s --swarm-host tcp://0.0.0.0:3377 --swarm-addr 10.0.0.9",
      "--swarm-experimental --tls-san name.example full",
    ].join(" ");
    const { exitCode } = await runMachine(line, { world, env: { ENGINE_REGISTRY_MIRROR: "http://env" } });
    expect(exitCode).toBe(0);
    const { EngineOptions, SwarmOptions, AuthOptions } = (await world.ctx.store.get("full")).HostOptions;
    expect(EngineOptions).toMatchObject({
      InstallURL: "http://x",
      ArbitraryFlags: ["a=b", "c"],
      InsecureRegistry: ["r:5000"],
      RegistryMirror: ["http://env", "http://m"],
      Labels: ["tier=web"],
      StorageDriver: "overlay2",
      Env: ["K=V"],
    });
    expect(SwarmOptions).toMatchObject({
      IsSwarm: true,
      Agent: true,
      Master: true,
      Image: "my/swarm",
      Discovery: "token://abc",
      Strategy: "binpack",
      ArbitraryFlags: ["heartbeat=5s"],
      ArbitraryJoinFlags: ["ttl=30s"],
      Host: "tcp://0.0.0.0:3377",
      Address: "10.0.0.9",
      IsExperimental: true,
    });
    expect(AuthOptions.ServerCertSANs).toEqual(["name.example"]);
    await runMachine("rm -y full", { world });
  });

  test("no name: exit 1; a bad discovery: exit 1", async () => {
    expect(await runMachine("create -d fake", { world })).toMatchObject({ exitCode: 1, stdout: "" });
    expect(await runMachine("create -d fake --swarm --swarm-discovery abc x", { world })).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("no discovery URL"),
    });
  });

  test.each(["../x", "a b", "a_b", "", "-x"])(
    "the name %j is refused before anything is made",
    async (name) => {
      const { exitCode } = await runMachine(["create", "-d", "fake", "--", name], { world });
      expect(exitCode).toBe(1);
      expect(await world.ctx.store.exists(name === "" ? "nothing" : "x")).toBe(false);
    },
  );

  test("one failure does not stop the others, and a summary tells", async () => {
    world.provider.hooks.set("create", (name) => {
      if (name === "bad") throw new AppError("BROKEN", "the host broke");
    });
    const { stderr, exitCode } = await runMachine("create -d fake --parallel 2 good1 bad good2", { world });
    world.provider.hooks.clear();
    expect(exitCode).toBe(1);
    expect(stderr).toContain("made: good1, good2; failed: bad\n");
    expect(stderr).toContain("bad: the host broke\n");
    expect(await world.ctx.store.exists("bad")).toBe(false);
    await runMachine("rm -y good1 good2", { world });
  });

  test("a failed pre-create check: exit 3, nothing saved", async () => {
    world.provider.fail(
      "preCreateCheck",
      new AppError("NO_TOOL", "the tool is missing", { hint: "install it" }),
    );
    const { stderr, exitCode } = await runMachine("create -d fake early", { world });
    world.provider.hooks.clear();
    expect(exitCode).toBe(3);
    expect(stderr).toContain("the tool is missing\ninstall it\n");
    expect(await world.ctx.store.exists("early")).toBe(false);
  });

  test("--json prints events and the error as JSON lines on stdout", async () => {
    world.provider.fail("create", new AppError("BROKEN", "the host broke", { hint: "mend it" }));
    const { stdout, exitCode } = await runMachine("create -d fake --json j", { world });
    world.provider.hooks.clear();
    expect(exitCode).toBe(1);
    const lines: Array<{ type: string }> = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.map(({ type }) => type)).toContain("step");
    expect(lines.at(-1)).toEqual({
      type: "error",
      code: "BROKEN",
      message: "the host broke",
      hint: "mend it",
    });
  });

  test("--parallel wants a number from 0 on", async () => {
    expect(await runMachine("create -d fake --parallel=-1 x", { world })).toMatchObject({ exitCode: 2 });
  });
});

describe("ls", () => {
  const line = (name: string, rest: string) => new RegExp(`^${name} +${rest}`, "m");

  test("an empty store: the header alone", async () => {
    expect(await runMachine("ls")).toEqual({
      stdout: "NAME   ACTIVE   DRIVER   STATE   URL   SWARM   DOCKER   ERRORS\n",
      stderr: "",
      exitCode: 0,
    });
  });

  test("all columns, in the natural order of names", async () => {
    const { stdout, exitCode } = await runMachine("ls", { world });
    expect(exitCode).toBe(0);
    const [header, ...rows] = stdout.trimEnd().split("\n");
    expect(header).toMatch(/^NAME {3}ACTIVE {3}DRIVER {3}STATE {5}URL {2,}SWARM {3}DOCKER {4}ERRORS$/);
    expect(rows.map((row) => row.split(" ")[0])).toEqual(["a", "b", "m9", "m10"]);
    expect(stdout).toMatch(line("a", "- +fake +Running +tcp://\\S+:2376 +v28.0.1 *$"));
  });

  test("-q: names alone, in the order of bytes", async () => {
    expect(await runMachine("ls -q", { world })).toEqual({
      stdout: "a\nb\nm10\nm9\n",
      stderr: "",
      exitCode: 0,
    });
    expect((await runMachine("ls --quiet --filter name=^m", { world })).stdout).toBe("m10\nm9\n");
  });

  test("filters: same key or, different keys and", async () => {
    expect(
      (await runMachine("ls -q --filter name=a --filter name=b --filter driver=FAKE", { world })).stdout,
    ).toBe("a\nb\n");
    expect((await runMachine("ls -q --filter state=stopped", { world })).stdout).toBe("");
    expect((await runMachine("ls -q --filter state=running --filter name=9", { world })).stdout).toBe("m9\n");
  });

  test.each(["foo", "foo=bar", "name=("])("the filter %s: exit 1", async (filter) => {
    expect(await runMachine(["ls", "--filter", filter], { world })).toMatchObject({
      exitCode: 1,
      stdout: "",
    });
  });

  test("an interruption: exit 130, and no table of what was cut short", async () => {
    const controller = new AbortController();
    await using slow = await machineWorld({ clock: systemClock });
    await runMachine("create -d fake slow", { world: slow });
    const probe = async () => {
      controller.abort(new AppError("INTERRUPTED", "interrupted", { exitCode: 130 }));
      throw controller.signal.reason;
    };
    const { stdout: url } = await runMachine("url slow", { world: slow });
    slow.engines.set(url.trim(), probe);
    expect(await runMachine("ls", { world: slow, signal: controller.signal })).toEqual({
      stdout: "",
      stderr: "interrupted\n",
      exitCode: 130,
    });
  });

  test("--format: a template for each machine, with \\t and \\n", async () => {
    const { stdout } = await runMachine(
      ["ls", "--filter", "name=^a$", "-f", " {{.Name}}\\t{{.State}}\\n{{.DriverName}} "],
      {
        world,
      },
    );
    expect(stdout).toBe("a\tRunning\nfake\n");
  });

  test("--format table: headers of the fields that are used", async () => {
    const { stdout } = await runMachine(
      [
        "ls",
        "--filter",
        "name=^a$",
        "--format",
        "table {{.Name}}\\t{{.ActiveHost}}\\t{{.SwarmOptions}}\\t{{.ResponseTime}}",
      ],
      { world },
    );
    const [header, row] = stdout.split("\n");
    expect(header).toMatch(/^NAME {3}ACTIVE_HOST {3}SWARM_OPTIONS {2,}RESPONSE$/);
    expect(row).toMatch(/^a {6}false {9}\{false .*\} {3}\d.*s$/);
  });

  test("--format table alone is the usual table", async () => {
    const { stdout } = await runMachine("ls -f table --filter name=none-such", { world });
    expect(stdout).toBe("NAME   ACTIVE   DRIVER   STATE   URL   SWARM   DOCKER   ERRORS\n");
  });

  test("--format: options are structs, an unknown field is an error", async () => {
    const run = (format: string) => runMachine(["ls", "--filter", "name=^a$", "--format", format], { world });
    expect((await run("{{.SwarmOptions.Strategy}} {{.EngineOptions.TlsVerify}}")).stdout).toBe(
      "spread true\n",
    );
    expect(await run("{{.Nope}}")).toMatchObject({ exitCode: 1, stdout: "" });
    expect(await run("{{.Name")).toMatchObject({ exitCode: 1, stdout: "" });
    expect((await run("{{json .Name}}")).stdout).toBe('"a"\n');
  });

  test("--json and --format json: one array of all fields", async () => {
    const { stdout } = await runMachine("ls --json --filter name=^a$", { world });
    const rows: unknown = JSON.parse(stdout);
    expect(rows).toEqual([
      expect.objectContaining({
        Name: "a",
        DriverName: "fake",
        State: "Running",
        DockerVersion: "v28.0.1",
        ActiveHost: false,
      }),
    ]);
    expect(
      JSON.parse((await runMachine("ls --format json --filter name=^a$", { world })).stdout),
    ).toHaveLength(1);
    expect((await runMachine("ls --json")).stdout).toBe("[]\n");
  });

  test("the active machine has a star", async () => {
    const url = (await runMachine("url b", { world })).stdout.trim();
    const { stdout } = await runMachine("ls", { world, env: { DOCKER_HOST: url } });
    expect(stdout).toMatch(line("b", "\\* +fake"));
    expect(stdout).toMatch(line("a", "- +fake"));
  });

  test("-t 0: all machines time out", async () => {
    const { stdout } = await runMachine("ls -t 0 --filter name=^a$", { world });
    expect(stdout).toMatch(line("a", "fake +Timeout"));
  });
});

describe("one machine", () => {
  test("status, url, ip, inspect", async () => {
    expect(await runMachine("status a", { world })).toEqual({ stdout: "Running\n", stderr: "", exitCode: 0 });
    expect(JSON.parse((await runMachine("status --json a", { world })).stdout)).toEqual({
      Name: "a",
      DriverName: "fake",
      State: "Running",
    });
    const { stdout: ips } = await runMachine("ip b a", { world });
    const [b, a] = ips.trim().split("\n");
    expect((await runMachine("url a", { world })).stdout).toBe(`tcp://${a}:2376\n`);
    expect((await runMachine("ip b", { world })).stdout).toBe(`${b}\n`);
  });

  test("inspect: four blanks of indent and the keys of config.json in their order", async () => {
    const { stdout, exitCode } = await runMachine("inspect a", { world });
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^\{\n {4}"ConfigVersion": 3,\n {4}"Driver": \{\n {8}"/);
    expect(Object.keys(JSON.parse(stdout))).toEqual([
      "ConfigVersion",
      "Driver",
      "DriverName",
      "HostOptions",
      "Name",
    ]);
    expect(JSON.parse((await runMachine("inspect --json a", { world })).stdout)).toEqual(JSON.parse(stdout));
  });

  test("inspect -f", async () => {
    const run = (format: string) => runMachine(["inspect", "-f", format, "a"], { world });
    expect((await run("{{.Driver.MachineName}} {{.DriverName}} {{.ConfigVersion}}")).stdout).toBe(
      "a fake 3\n",
    );
    expect((await run("{{json .HostOptions.EngineOptions.Labels}} {{.Nope}}")).stdout).toBe(
      "[] <no value>\n",
    );
    expect((await run("{{prettyjson .HostOptions.SwarmOptions.IsSwarm}}")).stdout).toBe("false\n");
    expect(await run("{{.Name")).toMatchObject({
      exitCode: 1,
      stderr: "template parsing error: template: :1: unclosed action\n",
    });
    // what docker-machine never sets it writes as null
    expect(
      (await run("{{json .HostOptions.EngineOptions.Dns}} {{.HostOptions.SwarmOptions.Env}}")).stdout,
    ).toBe("null <no value>\n");
  });

  test("version NAME: the engine's version alone", async () => {
    expect(await runMachine("version a", { world })).toEqual({ stdout: "28.0.1\n", stderr: "", exitCode: 0 });
    expect(await runMachine("version a b", { world })).toMatchObject({ exitCode: 1 });
  });

  test("active: from the variables that env set, without asking a machine", async () => {
    const url = (await runMachine("url a", { world })).stdout.trim();
    const asked = world.provider.stateCalls;
    const env = {
      DOCKER_HOST: url,
      DOCKER_MACHINE_NAME: "a",
      DOCKER_CERT_PATH: world.ctx.store.machineDir("a"),
    };
    expect(await runMachine("active", { world, env })).toEqual({ stdout: "a\n", stderr: "", exitCode: 0 });
    expect(world.provider.stateCalls).toBe(asked);
    expect((await runMachine("active -t 5", { world, env: { DOCKER_HOST: url } })).stdout).toBe("a\n");
    expect(await runMachine("active", { world })).toMatchObject({ exitCode: 1, stdout: "" });
    expect(await runMachine("active", { world, env: { DOCKER_HOST: "tcp://192.0.2.1:2376" } })).toMatchObject(
      { exitCode: 1 },
    );
  });

  test("start and stop of several machines; twice is an error", async () => {
    expect(await runMachine("stop a b", { world })).toMatchObject({ stdout: "", exitCode: 0 });
    expect(await runMachine("status a", { world })).toMatchObject({ stdout: "Stopped\n" });
    expect(await runMachine("stop a", { world })).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("already"),
    });
    expect(await runMachine("start a b", { world })).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining("may have new addresses"),
    });
    expect(await runMachine("start a", { world })).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("already"),
    });
    expect(await runMachine("restart a", { world })).toMatchObject({ exitCode: 0 });
    expect(await runMachine("kill a", { world })).toMatchObject({ exitCode: 0 });
    expect(await runMachine("start a", { world })).toMatchObject({ exitCode: 0 });
    expect(await runMachine("stop --timeout -1 a", { world })).toMatchObject({ exitCode: 2 });
  });

  test("when one of several cannot be loaded nothing is done", async () => {
    expect(await runMachine("stop a nope", { world })).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('"nope"'),
    });
    expect(await runMachine("status a", { world })).toMatchObject({ stdout: "Running\n" });
  });

  test("provision and upgrade", async () => {
    expect(await runMachine("provision a b", { world })).toMatchObject({ exitCode: 0 });
    expect(await runMachine("upgrade a", { world })).toMatchObject({ exitCode: 0 });
  });

  test("regenerate-certs asks unless -f", async () => {
    expect(await runMachine("regenerate-certs a", { world, answers: ["n"] })).toMatchObject({ exitCode: 0 });
    expect(await runMachine("regenerate-certs a", { world })).toMatchObject({ exitCode: 1 });
    expect(await runMachine("regenerate-certs a", { world, answers: ["Yes"] })).toMatchObject({
      exitCode: 0,
    });
    expect(await runMachine("regenerate-certs -f a", { world })).toMatchObject({ exitCode: 0 });
  });
});

describe("rm", () => {
  test("asks; anything but yes does nothing and exits 0", async () => {
    const { stderr, exitCode } = await runMachine("rm a", { world, answers: ["no"] });
    expect(exitCode).toBe(0);
    expect(stderr).toContain("About to remove a");
    expect(await world.ctx.store.exists("a")).toBe(true);
  });

  test("without anybody to ask and without -y it fails", async () => {
    const { stderr, exitCode } = await runMachine("rm a", { world });
    expect(exitCode).toBe(1);
    expect(stderr).toContain("rm -y does not ask");
    expect(await world.ctx.store.exists("a")).toBe(true);
  });

  test("-y anywhere, an answer of yes, and -f for what cannot be loaded", async () => {
    await runMachine("create -d fake r1 r2 r3", { world });
    expect(await runMachine("rm r1 -y", { world })).toMatchObject({ exitCode: 0 });
    expect(await runMachine("rm r2", { world, answers: ["y"] })).toMatchObject({ exitCode: 0 });
    world.provider.fail("remove", new AppError("STUCK", "it does not go"));
    expect(await runMachine("rm -y r3", { world })).toMatchObject({ exitCode: 1 });
    expect(await runMachine("rm -f r3", { world })).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining("it does not go"),
    });
    world.provider.hooks.clear();
    for (const name of ["r1", "r2", "r3"]) expect(await world.ctx.store.exists(name)).toBe(false);
  });
});

describe("set", () => {
  test("shows the plan first, and changes what was agreed to", async () => {
    const words = ["set", "b", "engine-label=tier=db", "engine-opt+=debug"];
    const refused = await runMachine(words, { world, answers: ["n"] });
    expect(refused.stderr).toContain("engine-label: (none) → tier=db\n");
    expect((await world.ctx.store.get("b")).HostOptions.EngineOptions.Labels).toEqual([]);
    expect(await runMachine([...words, "-y"], { world })).toMatchObject({ exitCode: 0 });
    expect((await world.ctx.store.get("b")).HostOptions.EngineOptions).toMatchObject({
      Labels: ["tier=db"],
      ArbitraryFlags: ["debug"],
    });
    expect(await runMachine([...words, "-y"], { world })).toMatchObject({
      exitCode: 0,
      stderr: 'machine "b" is like that already\n',
    });
  });

  test("--dry-run changes nothing; unknown keys and forms exit 2", async () => {
    expect(await runMachine("set b engine-storage-driver=vfs --dry-run", { world })).toMatchObject({
      exitCode: 0,
    });
    expect((await world.ctx.store.get("b")).HostOptions.EngineOptions.StorageDriver).toBe("");
    expect(await runMachine("set b memori=1", { world })).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("did you mean memory?"),
    });
    expect(await runMachine("set b memory", { world })).toMatchObject({ exitCode: 2 });
    expect(await runMachine("set b memory=512", { world })).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("cannot change the size"),
    });
  });
});

describe("doctor", () => {
  test("tells of drivers, store and machines; exit 1 when something is wrong", async () => {
    const { stdout, exitCode } = await runMachine("doctor", { world });
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^ok +driver fake +1\.0$/m);
    expect(stdout).toMatch(/^ok +machine m9 +Running, engine 28\.0\.1 at tcp:/m);
    world.provider.hosts.delete("m9");
    const after = await runMachine("doctor --json m9", { world });
    expect(after.exitCode).toBe(1);
    expect(JSON.parse(after.stdout)).toEqual([
      expect.objectContaining({ level: "error", subject: "machine m9" }),
    ]);
  });
});
