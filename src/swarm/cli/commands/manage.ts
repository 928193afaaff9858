import type { ManagedCluster } from "../../cluster/cluster.ts";
import type { AddressMarks } from "../../discovery/discovery.ts";
import type { Listening } from "../../discovery/service/listen.ts";
import type { Leadership } from "../../leadership/leadership.ts";
import type { SwarmLog } from "../../log.ts";
import type { RunningManager } from "../../manager/options.ts";
import type { RunCommand } from "../context.ts";
import { connectionSettings, replicationSettings, schedulingSettings } from "../manage-settings.ts";
import { openManagerDiscovery } from "../manager-discovery.ts";

/** Time beyond the lock's TTL that a request waits for a new primary. */
const electionSlackMs = 5_000;

/** Runs a manager until the program is told to stop: it resigns first, so that another takes over at once. */
export const run: RunCommand = async (context, flags, positionals) => {
  const { clock, log, random, signal, globals } = context;
  const settings = await connectionSettings(context, flags, positionals);
  const { tls } = settings;
  const found = await openManagerDiscovery(context, flags, settings);
  const watching = new AbortController();
  let leadership: Leadership | undefined;
  let cluster: ManagedCluster | undefined;
  let manager: RunningManager | undefined;
  let relay: Listening | undefined;
  try {
    const scheduling = schedulingSettings(context, flags);
    const lock = found.discovery.leadership;
    const replication = replicationSettings(flags, lock !== undefined);
    if (replication !== undefined && found.service !== undefined) {
      log.warn(
        "This manager's own discovery service holds the lock: other managers must name it, token://HOST:PORT/v1/ID",
      );
    }
    // what follows is heavy; a wrong flag is told without it
    const [{ openCluster }, { startManager }, { startElection }] = await Promise.all([
      import("../../cluster/engine-pool.ts"),
      import("../../manager/manager.ts"),
      import("../../leadership/election.ts"),
    ]);
    if (replication !== undefined && lock !== undefined) {
      leadership = startElection({ store: lock, ...replication, clock, log });
    }
    const { drained } = found.discovery;
    const engines = openCluster({
      clock,
      log,
      random,
      ...(tls === undefined ? {} : { tls }),
      ...scheduling,
      refreshMinIntervalMs: settings.refreshMinIntervalMs,
      refreshMaxIntervalMs: settings.refreshMaxIntervalMs,
      failureRetry: settings.failureRetry,
      ...(drained === undefined ? {} : { drainMarks: drained }),
      isPrimary: () => leadership?.isPrimary() ?? true,
    });
    cluster = engines;
    // first who is drained, then who is there: nothing may be placed on a drained node meanwhile
    void firstList(drained, (addrs) => engines.setDrained(addrs), log, watching.signal).then(() =>
      found.discovery.watch(
        (addrs) => engines.setEntries(addrs),
        (error) => log.error(`Discovery error: ${error.message}`),
        watching.signal,
      ),
    );
    const { service } = found;
    manager = await startManager({
      hosts: flags.list("host"),
      ...(tls === undefined ? {} : { tls }),
      cors: flags.bool("api-enable-cors"),
      debug: globals.bool("debug"),
      experimental: globals.bool("experimental"),
      refreshOnNodeFilter: flags.bool("refresh-on-node-filter"),
      containerNameRefreshFilter: flags.text("container-name-refresh-filter"),
      cluster: engines,
      ...(leadership === undefined ? {} : { leadership }),
      ...(replication === undefined ? {} : { electionWaitMs: replication.ttlMs + electionSlackMs }),
      services: service === undefined ? [] : [(request, response) => service.handle(request, response)],
      clock,
      log,
    });
    relay = await found.startRelay();
    await toldToStop(signal);
    log.info("Stopping");
    return 0;
  } finally {
    await leadership?.close();
    watching.abort();
    await relay?.close();
    await manager?.close();
    await cluster?.close();
    await found.close();
  }
};

/** Goes on for ever; resolves when the first list, or the word that there is none now, has come. */
function firstList(
  marks: AddressMarks | undefined,
  onAddrs: (addrs: readonly string[]) => void,
  log: SwarmLog,
  signal: AbortSignal,
): Promise<void> {
  if (marks === undefined) return Promise.resolve();
  let lastError = "";
  return new Promise((resolve) => {
    marks.watch(
      (addrs) => {
        lastError = "";
        onAddrs(addrs);
        resolve();
      },
      (error) => {
        if (error.message !== lastError)
          log.error(`It is not known which nodes are drained: ${error.message}`);
        lastError = error.message;
        resolve();
      },
      signal,
    );
  });
}

function toldToStop(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
