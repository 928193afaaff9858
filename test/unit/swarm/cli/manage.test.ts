import { describe, expect, it } from "vitest";
import { runSwarmCommand } from "../../../support/run-swarm.ts";

const manage = (line: string, env = {}) =>
  runSwarmCommand(["manage", ...line.split(" ").filter((word) => word !== "")], { env });

describe("swarm manage checks its flags in the order of 1.2.9", () => {
  const failures: readonly (readonly [string, string])[] = [
    ["--tls nodes://a:1", "--tlscert and --tlskey must be provided when using --tls"],
    ["--tlsverify --tlscert a --tlskey b a:1", "--tlscacert must be provided when using --tlsverify"],
    ["--tlscert a a:1", "--tlscert, --tlskey and --tlscacert require the use of either --tls or --tlsverify"],
    [
      "--tls --tlscert /no/a --tlskey /no/b a:1",
      "Couldn't load X509 key pair (/no/a, /no/b): open /no/a: no such file or directory. Key encrypted?",
    ],
    ["--tls --engine-refresh-min-interval 0s", "--tlscert and --tlskey must be provided when using --tls"],
    ["--engine-refresh-min-interval x a:1", "min refresh interval should be a positive number"],
    ["--engine-refresh-max-interval 1s a:1", "max refresh interval cannot be less than min refresh interval"],
    ["--engine-refresh-retry 4 a:1", "--engine-refresh-retry is deprecated. Use --engine-failure-retry"],
    ["--engine-failure-retry 0 a:1", "invalid failure retry count"],
    ["--engine-failure-retry x", "invalid failure retry count"],
    ["", "discovery required to manage a cluster. See 'swarm manage --help'."],
    ["--heartbeat 10 a:1", 'invalid --heartbeat: time: missing unit in duration \\"10\\"'],
    ["--heartbeat 1ms foo://x", "--heartbeat should be at least one second"],
    ["--discovery-opt foo nodes://a:1", "--discovery-opt must contain key=value strings"],
    ["--strategy foo foo://x", "discovery service not supported"],
    ["--strategy foo nodes://a:1", "strategy not supported"],
    ["--strategy foo --filter foo a:1", "strategy not supported"],
    ["--filter foo -c mesos a:1", "filter not supported"],
    ["-c mesos a:1", 'unsupported cluster \\"mesos\\"'],
    ["--cluster-opt swarm.overcommit a:1", "--cluster-opt must contain key=value strings"],
    [
      "--cluster-opt swarm.overcommit=-2 a:1",
      "swarm.overcommit should be larger than -1, -2.000000 is invalid",
    ],
    ["--cluster-opt swarm.createretry=-1 a:1", "swarm.createretry can not be negative, -1 is invalid"],
    ["--replication a:1", "--advertise address must be provided when using --leader-election"],
    ["--replication --advertise x a:1", "--advertise should be of the form ip:port or hostname:port"],
    [
      "--replication --advertise a:1 --replication-ttl 0s a:1",
      "--replication-ttl should be a positive number",
    ],
    [
      "--replication --advertise 1.2.3.4:5 nodes://a:1",
      "Leader election is only supported with consul, etcd and zookeeper discovery.",
    ],
  ];
  it.each(failures)("%s → %s", async (line, message) => {
    const { code, stdout } = await manage(line);
    expect(code).toBe(1);
    const last = stdout.trim().split("\n").at(-1) ?? "";
    expect(last).toMatch(/^time="[^"]+" level=fatal msg=/);
    expect(last).toContain(message);
  });
});
