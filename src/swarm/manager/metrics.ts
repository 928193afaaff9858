import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { ManagerOptions } from "./options.ts";

/** What the manager counts of itself; shown by GET /metrics. */
export interface Metrics {
  readonly contentType: string;
  /** @returns what is called with the status once the answer is complete */
  begin(route: string, method: string): (status: number) => void;
  text(): Promise<string>;
}

/** Registers every metric. @param options whose cluster and leadership are read at each scrape */
export function createMetrics(options: ManagerOptions): Metrics {
  const { cluster, leadership, clock } = options;
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 20 });
  const requests = new Counter({
    name: "swarm_http_requests_total",
    help: "Requests answered, by route, method and status.",
    labelNames: ["route", "method", "status"] as const,
    registers,
  });
  const durations = new Histogram({
    name: "swarm_http_request_duration_seconds",
    help: "Time from a request's head to the end of its answer, streams included.",
    labelNames: ["route"] as const,
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60],
    registers,
  });
  const inFlight = new Gauge({
    name: "swarm_http_requests_in_flight",
    help: "Requests being served, streams included.",
    registers,
  });
  new Gauge({
    name: "swarm_nodes",
    help: "Nodes by status.",
    labelNames: ["status"] as const,
    registers,
    collect() {
      this.reset();
      for (const status of ["Pending", "Healthy", "Unhealthy", "Disconnected"]) this.set({ status }, 0);
      for (const { status } of cluster.nodes()) this.inc({ status });
    },
  });
  new Gauge({
    name: "swarm_containers",
    help: "Containers of all nodes by state.",
    labelNames: ["state"] as const,
    registers,
    collect() {
      const sum = { running: 0, paused: 0, stopped: 0 };
      for (const { containerCounts } of cluster.nodes()) {
        sum.running += containerCounts.running;
        sum.paused += containerCounts.paused;
        sum.stopped += containerCounts.stopped;
      }
      for (const [state, count] of Object.entries(sum)) this.set({ state }, count);
    },
  });
  new Gauge({
    name: "swarm_reserved_ratio",
    help: "Share of the cluster's CPUs and memory that containers reserve.",
    labelNames: ["resource"] as const,
    registers,
    collect() {
      const sum = { cpus: 0, totalCpus: 0, memory: 0, totalMemory: 0 };
      for (const node of cluster.nodes()) {
        sum.cpus += node.usedCpus;
        sum.totalCpus += node.totalCpus;
        sum.memory += node.usedMemoryBytes;
        sum.totalMemory += node.totalMemoryBytes;
      }
      this.set({ resource: "cpu" }, sum.totalCpus === 0 ? 0 : sum.cpus / sum.totalCpus);
      this.set({ resource: "memory" }, sum.totalMemory === 0 ? 0 : sum.memory / sum.totalMemory);
    },
  });
  new Gauge({
    name: "swarm_primary",
    help: "1 while this manager schedules, 0 on a replica.",
    registers,
    collect() {
      this.set((leadership?.isPrimary() ?? true) ? 1 : 0);
    },
  });
  return {
    contentType: registry.contentType,
    begin(route, method) {
      const since = clock.monotonic();
      inFlight.inc();
      return (status) => {
        inFlight.dec();
        requests.inc({ route, method: knownMethods.has(method) ? method : "other", status });
        durations.observe({ route }, (clock.monotonic() - since) / 1000);
      };
    },
    text: () => registry.metrics(),
  };
}

const knownMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"]);
