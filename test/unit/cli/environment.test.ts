import { describe, expect, test } from "vitest";
import { certificateOwner } from "../../../src/certs/owner.ts";
import { sharedCreateFlags } from "../../../src/cli/create-flags.ts";
import { detectShell } from "../../../src/cli/detect-shell.ts";
import { flagValues } from "../../../src/cli/flag-values.ts";
import { globalFlags, globalOptions, homeOf } from "../../../src/cli/globals.ts";

const io = (env: Record<string, string>, platform: NodeJS.Platform = "linux") => ({
  env,
  platform,
  cwd: "/work",
  argv: [],
  parentPid: 0,
  out: () => undefined,
  err: () => undefined,
  isTerminal: () => false,
  columns: () => 80,
  rows: () => 24,
  ask: async () => undefined,
});

const options = (env: Record<string, string>, given: Record<string, string> = {}) => {
  const words = new Map(Object.entries(given).map(([name, text]) => [name, [text]]));
  return globalOptions(io(env), flagValues(globalFlags, words, env), false);
};

describe("variables of the environment", () => {
  test("HOME, and USERPROFILE on Windows, hold the store unless MACHINE_STORAGE_PATH or -s names another", () => {
    expect(options({ HOME: "/home/a" }).storageRoot).toBe("/home/a/.docker/machine");
    expect(homeOf(io({ HOME: "/home/a", USERPROFILE: "C:\\Users\\a" }, "win32"))).toBe("C:\\Users\\a");
    const env = { HOME: "/home/a", MACHINE_STORAGE_PATH: "store" };
    expect(options(env).storageRoot).toBe("/work/store");
    expect(options(env, { "storage-path": "/s" }).storageRoot).toBe("/s");
  });

  test("MACHINE_TLS_… name files for create, made absolute", () => {
    const env = {
      HOME: "/h",
      MACHINE_TLS_CA_CERT: "ca.pem",
      MACHINE_TLS_CA_KEY: "/k/ca-key.pem",
      MACHINE_TLS_CLIENT_CERT: "c.pem",
      MACHINE_TLS_CLIENT_KEY: "k.pem",
    };
    expect(options(env)).toMatchObject({
      tlsCaCert: "/work/ca.pem",
      tlsCaKey: "/k/ca-key.pem",
      tlsClientCert: "/work/c.pem",
      tlsClientKey: "/work/k.pem",
    });
    expect(options(env, { "tls-ca-cert": "/other.pem" }).tlsCaCert).toBe("/other.pem");
  });

  test("MACHINE_NATIVE_SSH and MACHINE_GITHUB_API_TOKEN are taken; what is no boolean is passed over", () => {
    expect(options({ HOME: "/h", MACHINE_NATIVE_SSH: "T", MACHINE_GITHUB_API_TOKEN: "t0ken" })).toMatchObject(
      { nativeSsh: true, githubApiToken: "t0ken" },
    );
    expect(options({ HOME: "/h", MACHINE_NATIVE_SSH: "perhaps" }).nativeSsh).toBe(false);
  });

  test("those of create's shared flags are taken, lists apart at commas and before what is given", () => {
    const env = {
      MACHINE_DRIVER: "none",
      MACHINE_DOCKER_INSTALL_URL: "http://install",
      MACHINE_SWARM_IMAGE: "my/swarm",
      ENGINE_REGISTRY_MIRROR: "http://a, http://b",
    };
    const given = new Map([["engine-registry-mirror", ["http://c"]]]);
    const flags = flagValues(sharedCreateFlags, given, env);
    expect(flags.string("driver")).toBe("none");
    expect(flags.string("engine-install-url")).toBe("http://install");
    expect(flags.string("swarm-image")).toBe("my/swarm");
    expect(flags.list("engine-registry-mirror")).toEqual(["http://a", "http://b", "http://c"]);
  });

  test.each([
    ["linux", { USER: "alice", USERNAME: "bob" }, "alice"],
    ["darwin", { USER: "" }, "unknown"],
    ["win32", { USER: "alice", USERNAME: "bob" }, "bob"],
    ["win32", {}, "unknown"],
  ] as const)("the owner in certificates on %s with %j is %s", (platform, env, owner) => {
    expect(certificateOwner(env, platform)).toBe(owner);
  });

  test("__fish_bin_dir tells fish on Windows, where SHELL is set", async () => {
    const env = { SHELL: "/usr/bin/bash", __fish_bin_dir: "/usr/bin" };
    expect(await detectShell(io(env, "win32"))).toBe("fish");
    expect(await detectShell(io(env, "linux"))).toBe("bash");
  });
});
