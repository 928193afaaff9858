import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runSwarmCommand } from "../../../support/run-swarm.ts";

const words = (line: string) => line.split(" ").filter((word) => word !== "");
const swarm = (line: string, env = {}) => runSwarmCommand(words(line), { env });

describe("swarm", () => {
  it("shows its version in the form that scripts look for", async () => {
    for (const flag of ["--version", "-v", "-version"]) {
      const { code, stdout } = await swarm(flag);
      expect([code, stdout]).toEqual([0, expect.stringMatching(/^swarm version 1\.2\.9 \(.+\)\n$/)]);
    }
  });

  it("shows help without arguments, for help, --help and each command", async () => {
    for (const line of ["", "help", "-h", "--help"]) {
      const { code, stdout } = await swarm(line);
      expect(code).toBe(0);
      expect(stdout).toMatch(/^Usage: swarm \[OPTIONS\] COMMAND/);
      for (const name of ["create, c", "list, l", "manage, m", "join, j", "discovery serve", "node drain"]) {
        expect(stdout).toContain(name);
      }
    }
    for (const line of ["manage --help", "m -h", "help manage", "h m"]) {
      const { code, stdout } = await swarm(line);
      expect(code).toBe(0);
      expect(stdout).toMatch(/^Usage: swarm manage \[OPTIONS\] <discovery>\n/);
      expect(stdout).toContain("token://<token>");
      expect(stdout).toContain("swarm.overcommit=0.05");
      expect(stdout).toContain("[$SWARM_HOST]");
    }
  });

  it("refuses unknown commands and flags with exit code 2", async () => {
    expect(await swarm("bogus")).toEqual({ code: 2, stdout: "", stderr: "No help topic for 'bogus'\n" });
    const { code, stderr } = await swarm("manage --bogus x");
    expect(code).toBe(2);
    expect(stderr).toContain("flag provided but not defined: -bogus\nIncorrect Usage.");
    expect((await swarm("--bogus list x")).code).toBe(2);
    expect((await swarm("discovery bogus")).code).toBe(2);
  });

  it("knows logrus's levels", async () => {
    const { code, stdout } = await swarm("-l loud list x");
    expect(code).toBe(1);
    expect(stdout).toMatch(/^time="[^"]+" level=fatal msg="not a valid logrus Level: \\"loud\\""\n$/);
    expect((await swarm("-l WARN list a:1")).code).toBe(0);
  });

  it("create makes an id where no service is known", async () => {
    const [one, two] = [await swarm("create"), await swarm("c")];
    expect(one.code).toBe(0);
    expect(one.stdout).toMatch(/^[0-9a-f]{32}\n$/);
    expect(one.stdout).not.toBe(two.stdout);
    const more = await swarm("create x");
    expect(more.code).toBe(1);
    expect(more.stderr).toContain("the `create` command takes no arguments. See 'swarm create --help'.");
    expect((await swarm("create --name prod")).code).toBe(1);
  });
});

describe("swarm list", () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "swarm-list-"));
    await writeFile(join(dir, "nodes"), "10.1.1.[1:2]:2375\n# no\nhost:2375 # yes\n");
  });
  afterAll(() => rm(dir, { recursive: true }));

  it("prints entries, from the argument or the environment", async () => {
    expect(await swarm("list nodes://10.0.0.[1:3]:2375,h4:2375")).toEqual({
      code: 0,
      stdout: "10.0.0.1:2375\n10.0.0.2:2375\n10.0.0.3:2375\nh4:2375\n",
      stderr: "",
    });
    expect((await swarm("l [::1]:2375")).stdout).toBe("[::1]:2375\n");
    expect((await swarm("list", { SWARM_DISCOVERY: "nodes://a:1" })).stdout).toBe("a:1\n");
    expect((await swarm("list nodes://a:1 nodes://b:1", { SWARM_DISCOVERY: "c:1" })).stdout).toBe("c:1\n");
    expect((await swarm(`list file://${dir}/nodes`)).stdout).toBe(
      "10.1.1.1:2375\n10.1.1.2:2375\nhost:2375\n",
    );
  });

  const failures: readonly (readonly [string, string])[] = [
    ["list", "discovery required to list a cluster. See 'swarm list --help'."],
    ["list a:1 b:2", "discovery required to list a cluster. See 'swarm list --help'."],
    [
      "list host1",
      "address host1: missing port in address, please check you are using the correct discovery",
    ],
    ["list foo://x", "discovery service not supported"],
    ["list constructor://x", "discovery service not supported"],
    ["list file:///nope", "failed to read '/nope': open /nope: no such file or directory"],
    ["list --timeout 5 a:1", 'invalid --timeout: time: missing unit in duration "5"'],
    ["list --timeout x a:1", 'invalid --timeout: time: invalid duration "x"'],
    ["list --timeout 0s a:1", "--timeout should be a positive number"],
    ["list --discovery-opt foo a:1", "--discovery-opt must contain key=value strings"],
    ["list token://", "token is empty"],
    ["list token://abc", "no discovery service is known for token://abc"],
  ];
  it.each(failures)("%s → %s", async (line, message) => {
    const { code, stdout, stderr } = await swarm(line);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d /);
    expect(stderr).toContain(message);
  });
});

describe("swarm join", () => {
  const failures: readonly (readonly [string, string])[] = [
    ["join", "discovery required to join a cluster. See 'swarm join --help'."],
    ["join nodes://a:1", "missing mandatory --advertise flag"],
    ["join --advertise 1.2.3.4 a:1", "--advertise should be of the form ip:port or hostname:port"],
    ["join --advertise 1.2.3.4:0 a:1", "--advertise should be of the form ip:port or hostname:port"],
    ["join --addr a:1 --delay x a:1", 'invalid --delay: time: invalid duration \\"x\\"'],
    ["join --addr a:1 --delay -1s a:1", "--delay should not be a negative number"],
    ["join --addr a:1 --heartbeat 500ms a:1", "--heartbeat should be at least one second"],
    ["join --addr a:1 --ttl 60s a:1", "--ttl must be strictly superior to the heartbeat value"],
    ["join --addr a:1 foo://x", "discovery service not supported"],
  ];
  it.each(failures)("%s → %s", async (line, message) => {
    const { code, stdout, stderr } = await swarm(line);
    expect([code, stderr]).toEqual([1, ""]);
    expect(stdout).toMatch(/^time="[^"]+" level=fatal msg=/);
    expect(stdout).toContain(message);
  });

  it("logs what it does in logrus's form or as JSON, and ends well when told to stop", async () => {
    for (const format of ["text", "json"]) {
      const stop = new AbortController();
      const running = runSwarmCommand(
        words(`--log-format ${format} join --advertise 1.2.3.4:5 nodes://a:1`),
        { signal: stop.signal },
      );
      setImmediate(() => stop.abort());
      const { code, stdout } = await running;
      expect(code).toBe(0);
      const first = stdout.split("\n")[0] ?? "";
      if (format === "json") {
        expect(JSON.parse(first)).toMatchObject({
          level: "info",
          addr: "1.2.3.4:5",
          discovery: "nodes://a:1",
        });
      } else {
        expect(first).toMatch(
          /^time="\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)" level=info msg="Registering on the discovery service every 1m0s\.\.\." addr="1\.2\.3\.4:5" discovery="nodes:\/\/a:1"$/,
        );
      }
    }
  });
});
