import { usageError } from "../kit/errors.ts";
import { nearest } from "../kit/nearest.ts";
import type { SwarmOptions } from "../store/record.ts";

/** What the swarm program takes; a test holds these lists to its own. */
export const knownToSwarm = {
  strategies: ["spread", "binpack", "binpacking", "random"],
  schemes: ["token", "token+http", "etcd", "etcd3", "consul", "zk", "file", "nodes"],
  manage: {
    switches: [...["replication", "tls", "tlsverify", "api-enable-cors", "cors", "refresh-on-node-filter"]],
    values: [
      ...["strategy", "filter", "host", "replication-ttl", "advertise", "addr", "tlscacert", "tlscert"],
      ...["tlskey", "engine-refresh-min-interval", "engine-refresh-max-interval", "engine-failure-retry"],
      ...["engine-refresh-retry", "heartbeat", "cluster-driver", "cluster-opt"],
      ...["container-name-refresh-filter", "discovery-dir", "discovery-relay", "discovery-opt"],
    ],
  },
  join: {
    switches: [],
    values: ["advertise", "addr", "heartbeat", "ttl", "delay", "discovery-relay", "discovery-opt"],
  },
} as const;

interface Options {
  readonly switches: readonly string[];
  readonly values: readonly string[];
}

/** Any other image may be of a swarm that knows more than ours. */
const isOurImage = (image: string | undefined) => /^(swarm(:latest)?)?$/.test(image ?? "");

/**
 * Refuses Swarm options with which the containers could not start, before anything is made.
 * @throws USAGE
 */
export function checkSwarmOptions(swarm: Partial<SwarmOptions>): void {
  const { Host = "tcp://0.0.0.0:3376" } = swarm;
  if (!/^tcp:\/\/[^/\s]+:\d{1,5}$/.test(Host)) {
    throw usageError(`--swarm-host must have the form tcp://HOST:PORT, not "${Host}"`);
  }
  const manage = (swarm.ArbitraryFlags ?? []).map((option) => named("swarm-opt", option));
  const join = (swarm.ArbitraryJoinFlags ?? []).map((option) => named("swarm-join-opt", option));
  if (!isOurImage(swarm.Image)) return;
  checkStrategy(swarm.Strategy);
  checkScheme(swarm.Discovery);
  for (const option of manage) checkKnown("swarm-opt", option, knownToSwarm.manage);
  for (const option of join) checkKnown("swarm-join-opt", option, knownToSwarm.join);
}

function checkStrategy(strategy = "spread"): void {
  const known: readonly string[] = knownToSwarm.strategies;
  if (!known.includes(strategy))
    throw usageError(`--swarm-strategy knows spread, binpack and random, not "${strategy}"`);
}

function checkScheme(discovery = ""): void {
  const scheme = /^([^:]*):\/\//.exec(discovery)?.[1];
  const known: readonly string[] = knownToSwarm.schemes;
  if (scheme === undefined || known.includes(scheme)) return;
  throw usageError(`--swarm-discovery: no discovery is named "${scheme}"`, suggestion(scheme, known));
}

/** An option of swarm as these flags take it: its name without dashes, and a value. */
function named(flag: string, option: string): { name: string; value: string | undefined } {
  const [, name, value] = /^([a-zA-Z0-9][\w-]*)(?:=(.*))?$/s.exec(option) ?? [];
  if (name !== undefined) return { name, value };
  const dashed = /^-+([a-zA-Z0-9].*)$/s.exec(option)?.[1];
  throw usageError(
    `--${flag} must have the form OPTION or OPTION=VALUE, not "${option}"`,
    dashed === undefined ? undefined : `without dashes: --${flag} ${dashed.replace(" ", "=")}`,
  );
}

function checkKnown(flag: string, { name, value }: ReturnType<typeof named>, known: Options): void {
  const isSwitch = known.switches.includes(name);
  if (!isSwitch && !known.values.includes(name)) {
    throw usageError(
      `--${flag}: swarm has no option "${name}"`,
      suggestion(name, [...known.switches, ...known.values]),
    );
  }
  if (!isSwitch && (value === undefined || value === ""))
    throw usageError(`--${flag}: the option "${name}" needs a value: --${flag} ${name}=VALUE`);
}

function suggestion(word: string, known: readonly string[]): string {
  const near = nearest(word, known);
  return near === undefined ? `there are ${known.join(", ")}` : `did you mean ${near}?`;
}
