import { describe, expect, it } from "vitest";
import { checkSwarmOptions, knownToSwarm } from "../../../src/cluster/swarm-flags.ts";
import { systemClock } from "../../../src/kit/clock.ts";
import { AppError } from "../../../src/kit/errors.ts";
import type { SwarmOptions } from "../../../src/store/record.ts";
import type { FlagSpec } from "../../../src/swarm/cli/flags.ts";
import { commands } from "../../../src/swarm/cli/specs.ts";
import { openDiscovery } from "../../../src/swarm/discovery/index.ts";

function refusal(swarm: Partial<SwarmOptions>): AppError {
  try {
    checkSwarmOptions(swarm);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  return expect.unreachable("nothing was refused");
}

describe("options with which swarm would not start", () => {
  it.each<[string, Partial<SwarmOptions>, RegExp, RegExp]>([
    ["an unknown strategy", { Strategy: "nosuch" }, /--swarm-strategy .*"nosuch"/, /^$/],
    ["a host without a port", { Host: "tcp://0.0.0.0" }, /--swarm-host/, /^$/],
    ["an unknown discovery", { Discovery: "nosuch://x" }, /"nosuch"/, /there are token, .*zk/],
    ["a mistyped discovery", { Discovery: "consol://x" }, /"consol"/, /did you mean consul\?/],
    [
      "an option with dashes",
      { ArbitraryFlags: ["--heartbeat=5s"] },
      /OPTION=VALUE/,
      /--swarm-opt heartbeat=5s/,
    ],
    ["an option with a space", { ArbitraryFlags: ["heartbeat 5s"] }, /OPTION=VALUE/, /^$/],
    ["an empty option", { ArbitraryJoinFlags: [""] }, /--swarm-join-opt/, /^$/],
    ["a mistyped option", { ArbitraryFlags: ["hartbeat=5s"] }, /"hartbeat"/, /did you mean heartbeat\?/],
    [
      "an option of the manager for the agent",
      { ArbitraryJoinFlags: ["replication"] },
      /"replication"/,
      /ttl/,
    ],
    ["an option without its value", { ArbitraryFlags: ["heartbeat"] }, /heartbeat=VALUE/, /^$/],
  ])("%s is refused as wrong usage", (_what, swarm, message, hint) => {
    const error = refusal(swarm);
    expect(error.exitCode).toBe(2);
    expect(error.message).toMatch(message);
    expect(error.hint ?? "").toMatch(hint);
  });

  it.each<[string, Partial<SwarmOptions>]>([
    ["nothing", {}],
    [
      "what our manager and agent know",
      {
        Image: "swarm:latest",
        Strategy: "binpack",
        Discovery: "etcd://192.0.2.1:2379/path",
        ArbitraryFlags: ["replication", "replication-ttl=10s", "cluster-opt=swarm.overcommit=0.1"],
        ArbitraryJoinFlags: ["ttl=30s", "discovery-opt=kv.path=x"],
      },
    ],
    [
      "anything of this form with an image of the user's own",
      {
        Image: "my/swarm",
        Strategy: "mine",
        Discovery: "mine://x",
        ArbitraryFlags: ["mine=1"],
      },
    ],
  ])("%s passes", (_what, swarm) => {
    expect(() => checkSwarmOptions(swarm)).not.toThrow();
  });
});

describe("the lists of what swarm knows", () => {
  const optionsOf = (command: string, isSwitch: boolean) => {
    const flags: readonly FlagSpec[] = commands.find(({ name }) => name === command)?.flags ?? [];
    return flags
      .filter(({ kind }) => (kind === "bool") === isSwitch)
      .flatMap(({ name, aliases = [] }) => [name, ...aliases.filter((alias) => alias.length > 1)])
      .sort();
  };

  it.each(["manage", "join"] as const)("are those of swarm %s", (command) => {
    const { switches, values } = knownToSwarm[command];
    expect([...switches].sort()).toEqual(optionsOf(command, true));
    expect([...values].sort()).toEqual(optionsOf(command, false));
  });

  it("name its discovery backends", async () => {
    const log = { debug() {}, info() {}, warn() {}, error() {} };
    const options = { heartbeatMs: 1, ttlMs: 1, clock: systemClock, log };
    const hint = await openDiscovery("nosuch://x", options).catch((error: AppError) => error.hint);
    expect(hint).toBe(`there are ${knownToSwarm.schemes.join(", ")}`);
  });
});
