import { expect, it } from "vitest";
import type { FlagSpec } from "../../../../src/swarm/cli/flags.ts";
import { commands, globalFlags } from "../../../../src/swarm/cli/specs.ts";

/** "--name, -alias [$VARIABLE] = default" of each flag. */
const lines = (flags: readonly FlagSpec[]) =>
  flags.map(({ name, aliases = [], env, fallback }) => {
    const names = [name, ...aliases].map((one) => (one.length === 1 ? `-${one}` : `--${one}`)).join(", ");
    const variable = env === undefined ? "" : ` [$${env}]`;
    return `${names}${variable}${fallback === undefined ? "" : ` = ${[fallback].flat().join(",")}`}`;
  });

const of = (name: string) => lines(commands.find((command) => command.name === name)?.flags ?? []);

it("swarm has each global flag of 1.2.9 with its variable and default", () => {
  const wanted = ["--debug [$DEBUG]", "--log-level, -l = info", "--experimental", "--version, -v"];
  expect(lines(globalFlags)).toEqual(expect.arrayContaining(wanted));
});

it("swarm list has each flag of 1.2.9 with its default", () => {
  expect(of("list")).toEqual(expect.arrayContaining(["--timeout = 10s", "--discovery-opt"]));
});

it("swarm join has each flag of 1.2.9 with its variable and default", () => {
  const advertise = "--advertise, --addr [$SWARM_ADVERTISE]";
  const wanted = [advertise, "--heartbeat = 60s", "--ttl = 180s", "--delay = 0s", "--discovery-opt"];
  expect(of("join")).toEqual(expect.arrayContaining(wanted));
});

it("swarm manage has each flag of 1.2.9 with its variable and default", () => {
  expect(of("manage")).toEqual(
    expect.arrayContaining([
      "--strategy = spread",
      "--filter, -f = health,port,containerslots,dependency,affinity,constraint,whitelist",
      "--host, -H [$SWARM_HOST] = tcp://127.0.0.1:2375",
      "--replication",
      "--replication-ttl = 20s",
      "--advertise, --addr [$SWARM_ADVERTISE]",
      "--tls",
      "--tlsverify",
      "--tlscacert",
      "--tlscert",
      "--tlskey",
      "--engine-refresh-min-interval = 30s",
      "--engine-refresh-max-interval = 60s",
      "--engine-failure-retry = 3",
      "--engine-refresh-retry = 3",
      "--heartbeat = 60s",
      "--api-enable-cors, --cors",
      "--cluster-driver, -c = swarm",
      "--cluster-opt",
      "--discovery-opt",
      "--refresh-on-node-filter",
      "--container-name-refresh-filter",
    ]),
  );
});

it("swarm's commands have the short names of 1.2.9", () => {
  const short = commands.flatMap((command) => (command.short ? [`${command.name}, ${command.short}`] : []));
  expect(short).toEqual(["create, c", "list, l", "manage, m", "join, j"]);
});
