import type { ContainerBody } from "../../src/cluster/containers.ts";

interface Member {
  readonly id: string;
  name: string;
  peerUrl: string;
  isLearner: boolean;
}

/** What an etcd keeps in its volume: who it is, and whom it knows. */
interface Data {
  readonly id: string;
  cluster: Member[];
}

interface Outside {
  /** Undefined while the machine is off. */
  ipOf(machine: string): string | undefined;
  /** Its container runs. */
  runs(machine: string): boolean;
}

const urlOf = (ip: string | undefined) => `https://${ip}:2380`;

/** The etcds of a cluster's masters, as far as membership goes: members meet at the addresses that they know of each other. */
export class FakeEtcd {
  readonly data = new Map<string, Data>();
  readonly #outside: Outside;
  #nextId = 0xa0;

  constructor(outside: Outside) {
    this.#outside = outside;
  }

  /** The names of the members, as the etcd of a machine knows them; undefined while it has no majority. */
  membersAt(machine: string): string[] | undefined {
    const data = this.data.get(machine);
    return data === undefined || !this.#hasMajority(machine)
      ? undefined
      : data.cluster.map(({ name }) => name);
  }

  start(machine: string, { Cmd, Env }: ContainerBody): void {
    const own = Cmd.find((word) => word.startsWith("--initial-advertise-peer-urls="))?.split("=")[1] ?? "";
    const before = this.data.get(machine);
    if (before !== undefined) {
      if (!Env.includes("ETCD_FORCE_NEW_CLUSTER=true")) return;
      before.cluster = before.cluster.filter(({ id }) => id === before.id);
      return;
    }
    const initial = (Env.find((one) => one.startsWith("ETCD_INITIAL_CLUSTER="))?.slice(21) ?? "").split(",");
    if (Env.includes("ETCD_INITIAL_CLUSTER_STATE=new")) {
      const cluster = this.#shared(initial);
      const self = cluster.find(({ peerUrl }) => peerUrl === own);
      if (self !== undefined) this.data.set(machine, { id: self.id, cluster });
      return;
    }
    for (const { cluster } of this.data.values()) {
      const self = cluster.find(({ peerUrl, name }) => peerUrl === own && name === "");
      if (self === undefined) continue;
      self.name = Cmd.find((word) => word.startsWith("--name="))?.slice(7) ?? "";
      this.data.set(machine, { id: self.id, cluster });
      return;
    }
  }

  forgetData(machine: string): void {
    this.data.delete(machine);
  }

  /** etcdctl in the container of a machine. */
  control(machine: string, words: readonly string[]) {
    const data = this.data.get(machine);
    if (data === undefined || !this.#outside.runs(machine) || !this.#hasMajority(machine))
      return { exitCode: 1, stdout: "", stderr: "context deadline exceeded" };
    return { exitCode: 0, stdout: this.#answer(data, words), stderr: "" };
  }

  #answer({ cluster }: Data, words: readonly string[]): string {
    const [, command, action, target = ""] = words.filter((word) => !word.startsWith("--"));
    if (command === "lease") return "lease 1f granted with TTL(180s)";
    if (command !== "member") return "";
    const peerUrl = words.find((word) => word.startsWith("--peer-urls="))?.slice(12) ?? "";
    const at = cluster.findIndex(({ id }) => id === target);
    const found = cluster[at];
    if (action === "add") cluster.push({ id: this.#newId(), name: "", peerUrl, isLearner: true });
    if (action === "promote" && found !== undefined) found.isLearner = false;
    if (action === "update" && found !== undefined) found.peerUrl = peerUrl;
    if (action === "remove") cluster.splice(at, at < 0 ? 0 : 1);
    const line = ({ id, name, peerUrl: url, isLearner }: Member) =>
      `${id}, ${name === "" ? "unstarted" : "started"}, ${name}, ${url}, ${url}, ${isLearner}`;
    return cluster.map(line).join("\n");
  }

  #shared(initial: readonly string[]): Member[] {
    const members = initial.map((entry) => {
      const [name = "", peerUrl = ""] = entry.split("=");
      return { name, peerUrl };
    });
    for (const { cluster } of this.data.values()) {
      if (members.every(({ peerUrl }) => cluster.some((one) => one.peerUrl === peerUrl))) return cluster;
    }
    return members.map((one) => ({ ...one, id: this.#newId(), isLearner: false }));
  }

  #newId(): string {
    this.#nextId += 1;
    return this.#nextId.toString(16);
  }

  #hasMajority(machine: string): boolean {
    const cluster = this.data.get(machine)?.cluster ?? [];
    const voters = cluster.filter(({ isLearner }) => !isLearner);
    const met = voters.filter(({ id, peerUrl }) =>
      [...this.data].some(
        ([name, data]) =>
          (name === machine && data.id === id) ||
          (data.id === id && this.#outside.runs(name) && urlOf(this.#outside.ipOf(name)) === peerUrl),
      ),
    );
    return met.length * 2 > voters.length;
  }
}
