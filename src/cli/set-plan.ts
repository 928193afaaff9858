import { usageError } from "../kit/errors.ts";
import { nearest } from "../kit/nearest.ts";
import type { AuthOptions, EngineOptions, HostRecord, SwarmOptions } from "../store/record.ts";

/** One thing that `set` changes. */
export interface Change {
  readonly key: string;
  /** "size" needs the machine stopped, "engine" a new provisioning, "swarm" new containers of the Swarm. */
  readonly kind: "size" | "engine" | "swarm";
  readonly from: string;
  readonly to: string;
  /** Writes it to a record; sizes are the driver's own and change nothing here. */
  apply(record: HostRecord): void;
}

type ListKey<T> = { [K in keyof T]: T[K] extends readonly string[] ? K : never }[keyof T];

const engineLists: Readonly<Record<string, ListKey<EngineOptions>>> = {
  "engine-opt": "ArbitraryFlags",
  "engine-env": "Env",
  "engine-label": "Labels",
  "engine-insecure-registry": "InsecureRegistry",
  "engine-registry-mirror": "RegistryMirror",
};

const swarmLists: Readonly<Record<string, ListKey<SwarmOptions>>> = {
  "swarm-opt": "ArbitraryFlags",
  "swarm-join-opt": "ArbitraryJoinFlags",
};

const swarmTexts: Readonly<Record<string, "Strategy" | "Image">> = {
  "swarm-strategy": "Strategy",
  "swarm-image": "Image",
};

const sizeKeys = ["memory", "cpus"];
/** Flags of `create` that `set` takes as well: of one value, and of several. */
export const textKeys: readonly string[] = ["engine-storage-driver", ...Object.keys(swarmTexts)];
export const listKeys: readonly string[] = [
  ...Object.keys(engineLists),
  ...Object.keys(swarmLists),
  "tls-san",
];
const keys = [...sizeKeys, ...listKeys, ...textKeys];

interface Word {
  readonly key: string;
  readonly operator: "=" | "+=" | "-=";
  readonly value: string;
}

/**
 * What the words of `set` change in a record; words for what is so already are left out.
 * `KEY=a` replaces a list by its values of this command, `KEY+=a` adds one, `KEY-=a` removes one.
 * @throws USAGE for words of another form and for unknown keys
 */
export function planChanges(record: HostRecord, words: readonly string[]): Change[] {
  const byKey = new Map<string, Word[]>();
  for (const text of words) {
    const word = parseWord(text);
    byKey.set(word.key, [...(byKey.get(word.key) ?? []), word]);
  }
  return [...byKey].flatMap(([key, group]) => {
    const change = changeOf(record, key, group);
    return change.from === change.to ? [] : [change];
  });
}

function parseWord(text: string): Word {
  const match = /^([a-z-]+?)(\+=|-=|=)(.*)$/s.exec(text);
  const [, key, operator, value] = match ?? [];
  if (key === undefined || value === undefined) {
    throw usageError(`"${text}" has not the form KEY=VALUE`, `keys: ${keys.join(", ")}`);
  }
  if (!keys.includes(key)) {
    const near = nearest(key, keys);
    throw usageError(
      `set knows no "${key}"`,
      near === undefined ? `keys: ${keys.join(", ")}` : `did you mean ${near}?`,
    );
  }
  return { key, operator: operator === "+=" ? "+=" : operator === "-=" ? "-=" : "=", value };
}

function changeOf(record: HostRecord, key: string, words: readonly Word[]): Change {
  const engine = record.HostOptions.EngineOptions;
  const listKey = engineLists[key];
  if (listKey !== undefined) {
    return listChange(key, "engine", engine[listKey], words, (target, value) => {
      target.HostOptions.EngineOptions = { ...target.HostOptions.EngineOptions, [listKey]: value };
    });
  }
  const swarm = record.HostOptions.SwarmOptions;
  const swarmList = swarmLists[key];
  if (swarmList !== undefined) {
    return listChange(key, "swarm", swarm[swarmList], words, (target, value) => {
      target.HostOptions.SwarmOptions = { ...target.HostOptions.SwarmOptions, [swarmList]: value };
    });
  }
  if (key === "tls-san") {
    return listChange(
      key,
      "engine",
      record.HostOptions.AuthOptions.ServerCertSANs,
      words,
      (target, value) => {
        const auth: AuthOptions = { ...target.HostOptions.AuthOptions, ServerCertSANs: value };
        target.HostOptions.AuthOptions = auth;
      },
    );
  }
  const { operator, value } = words.at(-1) ?? { operator: "=", value: "" };
  if (operator !== "=") throw usageError(`${key} has one value: ${key}=VALUE`);
  if (key === "engine-storage-driver") {
    const apply = (target: HostRecord) => {
      target.HostOptions.EngineOptions = { ...target.HostOptions.EngineOptions, StorageDriver: value };
    };
    return { key, kind: "engine", from: engine.StorageDriver, to: value, apply };
  }
  const swarmText = swarmTexts[key];
  if (swarmText !== undefined) {
    const apply = (target: HostRecord) => {
      target.HostOptions.SwarmOptions = { ...target.HostOptions.SwarmOptions, [swarmText]: value };
    };
    return { key, kind: "swarm", from: swarm[swarmText], to: value, apply };
  }
  return { key, kind: "size", from: sizeOf(record, key), to: value, apply: () => undefined };
}

function listChange(
  key: string,
  kind: Change["kind"],
  before: readonly string[],
  words: readonly Word[],
  write: (record: HostRecord, value: readonly string[]) => void,
): Change {
  let values = words.some(({ operator }) => operator === "=") ? [] : [...before];
  for (const { operator, value } of words) {
    if (operator === "-=") values = values.filter((one) => one !== value);
    else if (value !== "" && !values.includes(value)) values.push(value);
  }
  return {
    key,
    kind,
    from: before.join(", "),
    to: values.join(", "),
    apply: (record) => write(record, values),
  };
}

/** Drivers keep sizes under names of their own; what is not found is shown as unknown. */
function sizeOf(record: HostRecord, key: string): string {
  const names = key === "cpus" ? ["CPU", "CPUs", "Cpus"] : ["Memory", "MemoryMiB"];
  for (const name of names) {
    const value = record.Driver[name];
    if (typeof value === "number") return String(value);
  }
  return "unknown";
}
