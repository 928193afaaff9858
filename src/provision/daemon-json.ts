import type { EngineOptions } from "../store/record.ts";

type Settings = Record<string, unknown>;

/** Flags whose key in daemon.json is a list. Source: the dockerd reference, "Daemon configuration file". */
const lists: Readonly<Record<string, string>> = {
  host: "hosts",
  label: "labels",
  "insecure-registry": "insecure-registries",
  "registry-mirror": "registry-mirrors",
  "storage-opt": "storage-opts",
  "exec-opt": "exec-opts",
  dns: "dns",
  "dns-opt": "dns-opts",
  "dns-search": "dns-search",
  "authorization-plugin": "authorization-plugins",
  "default-address-pool": "default-address-pools",
};

/** Flags whose values are KEY=VALUE and whose key in daemon.json is an object. */
const maps: Readonly<Record<string, string>> = {
  "log-opt": "log-opts",
  "cluster-store-opt": "cluster-store-opts",
};

/** One option of dockerd; a value of undefined is a switch. */
export interface EngineOption {
  readonly name: string;
  readonly value: string | undefined;
}

/** What the user asked of the engine and the provider's label, in docker-machine's order. */
export function engineOptions(engine: EngineOptions, driverName: string): EngineOption[] {
  const all = (name: string, values: readonly string[]) => values.map((value) => ({ name, value }));
  return [
    ...all("label", [...engine.Labels, `provider=${driverName}`]),
    ...all("insecure-registry", engine.InsecureRegistry),
    ...all("registry-mirror", engine.RegistryMirror),
    ...engine.ArbitraryFlags.map(optionOf),
  ];
}

/** Options as keys of daemon.json. */
export function settingsOf(options: readonly EngineOption[]): Settings {
  const settings: Settings = {};
  for (const { name, value } of options) add(settings, name, value ?? true);
  return settings;
}

/** The key of daemon.json that says the same as a flag. */
export function keyOf(name: string): string {
  return lists[name] ?? maps[name] ?? name;
}

/** `--engine-opt` as people write it: "name", "name=value", "name value". */
export function optionOf(flag: string): EngineOption {
  const match = /^-{0,2}([^=\s]*)(?:(?:=|\s+)(.*))?$/s.exec(flag);
  return { name: match?.[1] ?? flag, value: match?.[2] };
}

function add(settings: Settings, flag: string, value: string | true): void {
  const list = lists[flag];
  const map = maps[flag];
  if (list !== undefined) {
    const present = settings[list];
    settings[list] = [...(Array.isArray(present) ? present : []), value];
  } else if (map !== undefined && typeof value === "string") {
    const at = value.indexOf("=");
    const entry = at === -1 ? { [value]: "" } : { [value.slice(0, at)]: value.slice(at + 1) };
    settings[map] = { ...(isSettings(settings[map]) ? settings[map] : {}), ...entry };
  } else settings[flag] = typeof value === "string" ? typed(value) : value;
}

/** dockerd wants numbers and booleans as such. */
function typed(value: string): unknown {
  if (value === "true" || value === "false") return value === "true";
  return /^-?\d{1,15}$/.test(value) ? Number(value) : value;
}

function isSettings(value: unknown): value is Settings {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export interface MergedDaemonJson {
  /** Text of the new daemon.json; "" when it needs none. */
  readonly text: string;
  /** Keys that are ours, as JSON, to be kept for the next time. */
  readonly ownKeys: string;
}

/** The settings that are not ours. */
export function settingsOfOthers(present: string, earlierKeys: string): Settings {
  const before = parse(present);
  const base = isSettings(before) ? { ...before } : {};
  const earlier = parse(earlierKeys);
  for (const key of Array.isArray(earlier) ? earlier : []) delete base[String(key)];
  return base;
}

/**
 * Puts our keys into what is there: a user's own keys stay, those of an earlier provisioning are replaced. Lists of the
 * user are completed, not replaced.
 */
export function mergeDaemonJson(present: string, earlierKeys: string, settings: Settings): MergedDaemonJson {
  const base = settingsOfOthers(present, earlierKeys);
  const merged = { ...base };
  for (const [key, value] of Object.entries(settings)) {
    const theirs = base[key];
    if (Array.isArray(theirs) && Array.isArray(value)) merged[key] = [...new Set([...theirs, ...value])];
    else merged[key] = value;
  }
  const isEmpty = Object.keys(merged).length === 0;
  return {
    text: isEmpty && present === "" ? "" : `${JSON.stringify(merged, null, 2)}\n`,
    ownKeys: `${JSON.stringify(Object.keys(settings).filter((key) => !(key in base)))}\n`,
  };
}

function parse(text: string): unknown {
  try {
    return text.trim() === "" ? undefined : JSON.parse(text);
  } catch {
    return undefined; // a file that dockerd could not read either
  }
}
