import { describe, expect, test } from "vitest";
import { columns } from "../../../src/cli/columns.ts";
import { fittingWidth } from "../../../src/cli/parallel.ts";
import { plainLines } from "../../../src/cli/progress.ts";
import { elapsed, liveLines } from "../../../src/cli/progress-live.ts";
import { parseRemotePath } from "../../../src/cli/remote-path.ts";
import { sshConfig } from "../../../src/cli/ssh-config.ts";
import { machineWorld } from "../../support/machine-world.ts";
import { runMachine } from "../../support/run-machine.ts";

describe("paths of scp", () => {
  test.each([
    ["file", "linux", { path: "file" }],
    ["box:file", "linux", { machine: "box", path: "file" }],
    ["me@box:/a b/c", "linux", { machine: "box", user: "me", path: "/a b/c" }],
    ["localhost:x:y", "linux", { path: "x:y" }],
    ["./a:b", "linux", { path: "./a:b" }],
    ["C:\\x", "win32", { path: "C:\\x" }],
    ["C:x", "linux", { machine: "C", path: "x" }],
  ] as const)("%s on %s", (word, platform, parts) => {
    expect(parseRemotePath(word, platform)).toEqual(parts);
  });
});

test("columns are as wide as docker-machine's: three blanks behind the longest cell, five characters at least", () => {
  const header = ["NAME", "ACTIVE", "DRIVER", "STATE", "URL", "SWARM", "DOCKER", "ERRORS"];
  expect(columns([header])).toBe("NAME   ACTIVE   DRIVER   STATE   URL   SWARM   DOCKER   ERRORS\n");
  expect(columns([header, ["dev", "-", "virtualbox", "Saved", "", "", "Unknown", ""]])).toBe(
    [
      "NAME   ACTIVE   DRIVER       STATE   URL   SWARM   DOCKER    ERRORS\n",
      "dev    -        virtualbox   Saved                 Unknown   \n",
    ].join(""),
  );
  expect(columns([["a", "b"]])).toBe("a    b\n");
});

test("ssh's configuration keeps port, key and host key of each machine apart", () => {
  const host = (name: string, port: number, keyPath: string) => ({
    name,
    address: { host: "127.0.0.1", port, user: "docker", keyPath },
    knownHostsPath: `/s t/${name}/.known_hosts`,
  });
  const text = sshConfig([host("a", 2201, '/k "1"%'), host("b", 2202, "")]);
  const [first = "", second = ""] = text.split("\n\n");
  expect(first).toContain("Host a\n  HostName 127.0.0.1\n  Port 2201\n");
  expect(first).toContain('IdentityFile "/k \\"1\\"%%"\n  IdentitiesOnly yes\n');
  expect(first).toContain('UserKnownHostsFile "/s t/a/.known_hosts"');
  expect(second).toContain("Port 2202");
  expect(second).not.toContain("IdentityFile");
});

describe("progress", () => {
  test("off a terminal: lines with the machine's name, long transfers by tenths", () => {
    let text = "";
    const lines = plainLines({ err: (part) => (text += part) });
    lines.event({ type: "step", machine: "a", step: "create", title: "Creating" });
    for (const fraction of [0, 0.01, 0.05, 0.11, 0.12, 1]) {
      lines.event({ type: "detail", machine: "a", message: "loading", fraction });
    }
    lines.event({ type: "done", machine: "a", step: "create", durationMs: 5 });
    lines.event({ type: "failed", machine: "b", step: "create", message: "it broke\nmore" });
    lines.event({ type: "warning", message: "careful" });
    lines.event({ type: "info", machine: "a", message: "well" });
    expect(text).toBe(
      "(a) Creating\n(a) loading 0 %\n(a) loading 11 %\n(a) loading 100 %\n(b) failed: it broke\nwarning: careful\n(a) well\n",
    );
  });

  test("on a terminal: finished steps stay, each machine that works has one line", () => {
    let text = "";
    let now = 0;
    const io = {
      err: (part: string) => {
        text += part;
      },
      out: () => undefined,
      isTerminal: () => true,
      columns: () => 40,
      rows: () => 24,
      ask: async () => undefined,
      env: { NO_COLOR: "1" },
      platform: "linux" as const,
      cwd: "/",
      argv: [],
      parentPid: 0,
    };
    const lines = liveLines(io, { now: () => now, every: () => () => undefined });
    lines.event({ type: "step", machine: "a", step: "s", title: "Creating" });
    now = 61_000;
    lines.event({ type: "detail", machine: "a", message: "waiting for something that takes very long" });
    expect(text.split("\n").at(-2)).toMatch(/⠋ a {2}Creating: waiting .*… {2}1 min 01 s$/);
    lines.event({ type: "done", machine: "a", step: "s", durationMs: 61_000 });
    lines.event({ type: "step", machine: "b", step: "s", title: "Creating" });
    lines.event({ type: "failed", machine: "b", step: "s", message: "it broke" });
    lines.end();
    expect(text).toContain("✔ a  Creating  1 min 01 s\n");
    expect(text).toContain("✖ b  Creating  it broke\n");
  });

  test("durations", () => {
    expect([400, 12_300, 125_000].map(elapsed)).toEqual(["0.4 s", "12 s", "2 min 05 s"]);
  });
});

describe("completion", () => {
  const complete = async (...words: string[]) => {
    await using world = await machineWorld();
    for (const name of ["node-1", "node-2"]) {
      const { mkdir } = await import("node:fs/promises");
      await mkdir(world.ctx.store.machineDir(name), { recursive: true });
    }
    const { stdout, exitCode, stderr } = await runMachine(["__complete", ...words], { world });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    return stdout.trim().split("\n");
  };

  test("commands, machines, flags, drivers, values", async () => {
    expect(await complete("st")).toEqual(["start", "status", "stop"]);
    expect(await complete("start", "")).toEqual(["node-1", "node-2"]);
    expect(await complete("start", "node-1", "")).toEqual(["node-2"]);
    expect(await complete("-s", "/x", "--debug", "url", "n")).toEqual(["node-1", "node-2"]);
    expect(await complete("ls", "--q")).toEqual(["--quiet"]);
    expect(await complete("create", "--driver", "")).toEqual(["fake"]);
    expect(await complete("create", "-d", "fake", "--fake")).toEqual(["--fake-size"]);
    expect(await complete("completion", "")).toEqual(["bash", "fish", "powershell", "zsh"]);
    expect(await complete("image", "b")).toEqual(["build"]);
    expect(await complete("ssh", "node-1", "")).toEqual([":files"]);
    expect(await complete("nonsense", "")).toEqual([""]);
    expect(await complete("-h")).toEqual([""]);
  });

  test.each(["bash", "zsh", "fish", "powershell"])("the script for %s", async (shell) => {
    const { stdout, exitCode } = await runMachine(`completion ${shell}`);
    expect(exitCode).toBe(0);
    expect(stdout).toContain("__complete");
    expect(await runMachine("completion csh")).toMatchObject({ exitCode: 2, stdout: "" });
  });
});

describe("how many machines are made at once", () => {
  const gib = 1024 ** 3;
  test.each([
    [2, 8 * gib, 4],
    [8, 3.5 * gib, 3],
    [1, 0.2 * gib, 2],
    [64, 512 * gib, 16],
  ])("%i cores and %i bytes of free memory: %i", (cores, freeBytes, width) => {
    expect(fittingWidth(cores, freeBytes)).toBe(width);
  });
});
