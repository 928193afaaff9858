import { shellQuote } from "../kit/shell.ts";
import type { SshConnection } from "../ssh/ssh.ts";
import { engineSettings, mergeDaemonJson } from "./daemon-json.ts";
import type { OsRelease } from "./os-release.ts";
import type { MachineFacts, Provisioner } from "./provisioner.ts";
import type { ProvisionRequest, UpgradeRequest } from "./request.ts";
import { hostnameCommands, runConfigureScript, type ScriptFile } from "./script.ts";

const dir = "/etc/docker";
const dropIn = "/etc/systemd/system/docker.service.d/10-machine.conf";
const keysFile = `${dir}/.machine-daemon-keys`;
const installMs = 900_000;

/** What differs between distributions with systemd. */
export interface Distribution {
  readonly name: string;
  matches(os: OsRelease): boolean;
  /** Installs the distribution's own engine package; "" where it has none. */
  readonly installPackage: string;
  /** Installs curl, for the install script. */
  readonly installCurl: string;
  /** Brings the installed engine package to its newest version. */
  readonly upgradePackage: string;
}

/** A provisioner for one family; engine by the install script, else by the distribution's package. */
export function systemdProvisioner(distribution: Distribution): Provisioner {
  return {
    name: distribution.name,
    matches: distribution.matches,
    async provision(request, facts) {
      await install(request, distribution);
      const dockerd = (await asRoot(request.connection, "command -v dockerd")).trim() || "/usr/bin/dockerd";
      await runConfigureScript(request, {
        files: filesOf(request, facts, dockerd),
        before: hostnameCommands(request.name),
        stop: "systemctl stop docker",
        start:
          "systemctl daemon-reload; systemctl reset-failed docker 2>/dev/null; systemctl enable -q docker; systemctl start docker",
        showLog:
          "journalctl -u docker -n 15 --no-pager -o cat 2>/dev/null || systemctl status docker --no-pager -n 15",
        hasFailed: "systemctl is-failed -q docker",
      });
    },
    async upgrade(request: UpgradeRequest) {
      request.progress(`upgrading the engine's package (${distribution.name})`);
      await asRoot(request.connection, distribution.upgradePackage);
    },
  };
}

/** Runs a root command whose text goes over standard input; @returns its stdout */
async function asRoot(connection: SshConnection, command: string): Promise<string> {
  const shell = "if [ $(id -u) = 0 ]; then sh -s; else sudo -n sh -s; fi";
  return (await connection.run(shell, { input: `${command}\n`, timeoutMs: installMs })).stdout;
}

async function install(request: ProvisionRequest, distribution: Distribution): Promise<void> {
  const { connection, engine, progress } = request;
  const present = await asRoot(connection, "command -v dockerd >/dev/null 2>&1 && echo yes || echo no");
  if (present.trim() === "yes") return;
  progress("installing Docker");
  await asRoot(connection, installScript(distribution, engine.InstallURL));
}

/** The install script where it can be fetched, else the distribution's package. */
export function installScript(distribution: Distribution, url: string): string {
  const { installCurl, installPackage } = distribution;
  const fallback =
    installPackage === ""
      ? `{ echo "the install script ${url} could not be run" >&2; exit 1; }`
      : `{ ${installPackage}; }`;
  return `command -v curl >/dev/null 2>&1 || { ${installCurl}; }
script=$(mktemp)
if curl -fsSL --connect-timeout 10 -o "$script" ${shellQuote(url)} && [ -s "$script" ]; then
  sh "$script" || ${fallback}
else
  ${fallback}
fi
rm -f "$script"
command -v dockerd >/dev/null 2>&1`;
}

function filesOf(request: ProvisionRequest, facts: MachineFacts, dockerd: string): ScriptFile[] {
  const { certs, engine } = request;
  const divided = divide(request, facts);
  const json: ScriptFile[] =
    divided.json === undefined
      ? []
      : [
          { path: `${dir}/daemon.json`, text: divided.json.text, mode: 0o644 },
          { path: keysFile, text: divided.json.ownKeys, mode: 0o644 },
        ];
  return [
    { path: `${dir}/ca.pem`, text: certs.ca, mode: 0o644 },
    { path: `${dir}/server.pem`, text: certs.serverCert, mode: 0o644 },
    { path: `${dir}/server-key.pem`, text: certs.serverKey, mode: 0o600 },
    { path: dropIn, text: unit(dockerd, divided.flags, engine.Env), mode: 0o644 },
    ...json,
  ];
}

interface Divided {
  flags: string[];
  json: { text: string; ownKeys: string } | undefined;
}

/**
 * dockerd refuses an option that is both a flag and in daemon.json. Ours are flags, as docker-machine writes them; those
 * whose key the user has in daemon.json are joined to it there.
 */
function divide(request: ProvisionRequest, facts: MachineFacts): Divided {
  const { engine, driverName, enginePort } = request;
  const hosts = [`tcp://0.0.0.0:${enginePort}`, "unix:///var/run/docker.sock"];
  const tls = {
    tlsverify: true,
    tlscacert: `${dir}/ca.pem`,
    tlscert: `${dir}/server.pem`,
    tlskey: `${dir}/server-key.pem`,
  };
  const wanted: Record<string, unknown> = {
    hosts,
    ...tls,
    ...engineSettings(engine, driverName, engine.StorageDriver),
  };
  const theirs = new Set(userKeys(facts));
  const shared = Object.fromEntries(Object.entries(wanted).filter(([key]) => theirs.has(key)));
  const flags: string[] = [];
  const add = (key: string, ...words: string[]) => {
    if (!theirs.has(key)) flags.push(...words);
  };
  add("hosts", ...hosts.flatMap((host) => ["-H", host]));
  if (engine.StorageDriver !== "") add("storage-driver", "--storage-driver", engine.StorageDriver);
  add("tlsverify", "--tlsverify");
  add("tlscacert", "--tlscacert", tls.tlscacert);
  add("tlscert", "--tlscert", tls.tlscert);
  add("tlskey", "--tlskey", tls.tlskey);
  for (const label of [...engine.Labels, `provider=${driverName}`]) add("labels", "--label", label);
  for (const registry of engine.InsecureRegistry) add("insecure-registries", "--insecure-registry", registry);
  for (const mirror of engine.RegistryMirror) add("registry-mirrors", "--registry-mirror", mirror);
  for (const option of engine.ArbitraryFlags) {
    const [key = ""] = Object.keys(
      engineSettings({ ...noOptions(engine), ArbitraryFlags: [option] }, "", ""),
    ).filter((name) => name !== "labels" || /^-*label=/.test(option));
    add(key, `--${option.replace(/^--?/, "")}`);
  }
  const touches = Object.keys(shared).length > 0 || facts.ownKeys !== "";
  return { flags, json: touches ? mergeDaemonJson(facts.daemonJson, facts.ownKeys, shared) : undefined };
}

const noOptions = (engine: ProvisionRequest["engine"]) => ({
  ...engine,
  Labels: [],
  InsecureRegistry: [],
  RegistryMirror: [],
  ArbitraryFlags: [],
});

/** Keys of daemon.json that the user set. */
function userKeys({ daemonJson, ownKeys }: MachineFacts): string[] {
  try {
    const ours: unknown = ownKeys === "" ? [] : JSON.parse(ownKeys);
    const all: unknown = daemonJson === "" ? {} : JSON.parse(daemonJson);
    if (typeof all !== "object" || all === null) return [];
    return Object.keys(all).filter((key) => !(Array.isArray(ours) && ours.includes(key)));
  } catch {
    return []; // dockerd could not read it either, and will say so
  }
}

/** The drop-in; source: systemd.service(5), "Command lines", and systemd.exec(5), "Environment". */
export function unit(dockerd: string, flags: readonly string[], env: readonly string[]): string {
  const environment = env.map((entry) => `Environment=${quoted(entry, false)}\n`).join("");
  return `[Service]
ExecStart=
ExecStart=${[dockerd, ...flags].map((word) => quoted(word, true)).join(" ")}
${environment}`;
}

function quoted(word: string, isCommand: boolean): string {
  const escaped = word
    .replaceAll("\\", "\\\\")
    .replaceAll('"', '\\"')
    .replaceAll("\n", "\\n")
    .replaceAll("%", "%%");
  const text = isCommand ? escaped.replaceAll("$", "$$$$") : escaped;
  return isCommand && /^[\w@+=:,./-]+$/.test(text) ? text : `"${text}"`;
}
