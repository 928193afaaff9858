import { AppError } from "../../kit/errors.ts";
import type { SwarmHost } from "../containers.ts";
import type { SwarmEngine } from "../swarm-engine.ts";
import { etcdctl, etcdName } from "./etcd-body.ts";

export interface EtcdMember {
  /** 16 hexadecimal digits. */
  readonly id: string;
  /** "" until it started for the first time, where it was added at run time. */
  readonly name: string;
  readonly isStarted: boolean;
  readonly peerUrl: string;
  readonly isLearner: boolean;
}

/** The etcd of one master, spoken to with etcdctl in its own container. */
export class EtcdControl {
  readonly #engine: Pick<SwarmEngine, "exec">;
  readonly #host: Pick<SwarmHost, "ip" | "optionsDir">;

  constructor(engine: Pick<SwarmEngine, "exec">, host: Pick<SwarmHost, "ip" | "optionsDir">) {
    this.#engine = engine;
    this.#host = host;
  }

  /** Answers only while the members have a majority. @throws ETCD_REFUSED */
  async members(): Promise<EtcdMember[]> {
    return parseMembers(await this.#ctl("member", "list", "--write-out=simple"));
  }

  /** Adds a member without a vote. */
  async addLearner(name: string, peerUrl: string): Promise<void> {
    await this.#ctl("member", "add", name, `--peer-urls=${peerUrl}`, "--learner");
  }

  /** Gives a learner its vote; refused until it has caught up. */
  async promote(id: string): Promise<void> {
    await this.#ctl("member", "promote", id);
  }

  async remove(id: string): Promise<void> {
    await this.#ctl("member", "remove", id);
  }

  async moveTo(id: string, peerUrl: string): Promise<void> {
    await this.#ctl("member", "update", id, `--peer-urls=${peerUrl}`);
  }

  /** Puts keys that end after `ttlSeconds`. */
  async putForAWhile(entries: ReadonlyMap<string, string>, ttlSeconds: number): Promise<void> {
    const lease = /lease ([0-9a-f]+) granted/.exec(
      await this.#ctl("lease", "grant", String(ttlSeconds)),
    )?.[1];
    if (lease === undefined) throw refused("lease grant", "it gave no lease");
    for (const [key, value] of entries) await this.#ctl("put", `--lease=${lease}`, key, value);
  }

  /** Deletes all keys that begin with this. */
  async forget(prefix: string): Promise<void> {
    await this.#ctl("del", "--prefix", prefix);
  }

  async #ctl(...words: string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await this.#engine.exec(etcdName, etcdctl(this.#host, words));
    if (exitCode !== 0) throw refused(words.join(" "), stderr);
    return stdout;
  }
}

const refused = (what: string, output: string) =>
  new AppError("ETCD_REFUSED", `etcdctl ${what}: ${lastMessage(output)}`);

/** etcdctl prints a JSON line of its client's log before its own sentence. */
function lastMessage(output: string): string {
  return output.trim().split("\n").at(-1) ?? "";
}

/** Reads `member list`: "ID, started, NAME, PEER-URL, CLIENT-URL, LEARNER" on each line. Source: etcdctl's README. */
export function parseMembers(text: string): EtcdMember[] {
  return text.split("\n").flatMap((line) => {
    const [id = "", status = "", name = "", peerUrl = "", , learner = ""] = line.split(", ");
    if (!/^[0-9a-f]+$/.test(id)) return [];
    return [{ id, name, isStarted: status === "started", peerUrl, isLearner: learner.trim() === "true" }];
  });
}
