import { shellQuote } from "../kit/shell.ts";
import {
  type EngineOption,
  engineOptions,
  keyOf,
  mergeDaemonJson,
  settingsOf,
  settingsOfOthers,
} from "./daemon-json.ts";
import { engineNotInstalled } from "./errors.ts";
import type { OsRelease } from "./os-release.ts";
import type { MachineFacts, Provisioner } from "./provisioner.ts";
import type { ProvisionRequest } from "./request.ts";
import { hostnameCommands, rootShell, runConfigureScript, type ScriptFile } from "./script.ts";

const dir = "/etc/docker";
const dropIn = "/etc/systemd/system/docker.service.d/10-machine.conf";
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

/**
 * A provisioner for a system with systemd. The engine that is there is taken; else Docker's script or the distribution's
 * package brings it. A user's daemon.json is kept: our options are flags of a drop-in, but where the user's file sets the same
 * key, since dockerd refuses an option in both places. Source: systemd.service(5), systemd.syntax(7), the dockerd reference.
 */
export function systemdProvisioner(family: Distribution): Provisioner {
  return {
    name: family.name,
    matches: (os) => family.matches(os),
    async provision(request, facts) {
      const dockerdPath = facts.dockerdPath || (await install(family, request));
      await runConfigureScript(request, {
        files: filesOf(request, facts, dockerdPath),
        before: [...hostnameCommands(request.name), ...openPort(request.enginePort)],
        stop: "systemctl stop docker 2>/dev/null",
        start:
          "systemctl daemon-reload; systemctl enable docker >/dev/null 2>&1; systemctl reset-failed docker 2>/dev/null; systemctl --no-block restart docker",
        showLog: "journalctl -u docker -n 15 --no-pager -o cat",
        hasFailed: "systemctl is-failed --quiet docker",
      });
    },
    async upgrade({ connection, progress }) {
      progress("upgrading the engine's package");
      const script = `set -e\n{\n${family.upgradePackage}\nsystemctl daemon-reload\nsystemctl restart docker\n} </dev/null\n`;
      await connection.run(rootShell, { input: script, timeoutMs: installMs });
    },
  };
}

/** @returns where the installed engine's program is */
async function install(family: Distribution, request: ProvisionRequest): Promise<string> {
  request.progress("installing the engine");
  const { stdout } = await request.connection.run(rootShell, {
    input: installScript(family, request.engine.InstallURL),
    timeoutMs: installMs,
    onLine: (line) => request.log.debug(line),
  });
  const path = stdout.trimEnd().split("\n").at(-1) ?? "";
  if (!path.startsWith("/")) throw engineNotInstalled(request.name, stdout);
  return path;
}

/** Docker's script where it can be had and works, else the package. */
function installScript({ installCurl, installPackage }: Distribution, url: string): string {
  const fallback =
    installPackage === ""
      ? `{ echo "the install script ${url} could not be run" >&2; exit 1; }`
      : `{ ${installPackage}; }`;
  // the braces: what runs inside must not read the rest of this script as its input
  return `{
export PATH="$PATH:/usr/sbin:/usr/local/sbin"
command -v curl >/dev/null 2>&1 || { ${installCurl}; }
script=$(mktemp)
if curl -fsSL --connect-timeout 10 -o "$script" ${shellQuote(url)} && [ -s "$script" ]; then
  sh "$script" || ${fallback}
else
  ${fallback}
fi
rm -f "$script"
command -v dockerd || :
} </dev/null
`;
}

/** A firewall that runs must let clients in. */
function openPort(port: number): string[] {
  return [
    "if type firewall-cmd >/dev/null 2>&1 && firewall-cmd --state >/dev/null 2>&1; then",
    `  firewall-cmd -q --permanent --add-port=${port}/tcp && firewall-cmd -q --reload || :`,
    "fi",
  ];
}

function filesOf(request: ProvisionRequest, facts: MachineFacts, dockerdPath: string): ScriptFile[] {
  const { certs, engine } = request;
  const others = settingsOfOthers(facts.daemonJson, facts.ownKeys);
  const options = allOptions(request);
  const apart = options.filter(({ name }) => keyOf(name) in others);
  const flags = options.filter(({ name }) => !(keyOf(name) in others));
  const merged = mergeDaemonJson(facts.daemonJson, facts.ownKeys, settingsOf(apart));
  return [
    { path: `${dir}/ca.pem`, text: certs.ca, mode: 0o644 },
    { path: `${dir}/server.pem`, text: certs.serverCert, mode: 0o644 },
    { path: `${dir}/server-key.pem`, text: certs.serverKey, mode: 0o600 },
    { path: dropIn, text: dropInText(dockerdPath, flags, engine.Env), mode: 0o644 },
    ...(apart.length === 0 && facts.ownKeys === ""
      ? []
      : [
          { path: `${dir}/daemon.json`, text: merged.text || undefined, mode: 0o644 },
          { path: `${dir}/.machine-daemon-keys`, text: merged.ownKeys, mode: 0o644 },
        ]),
  ];
}

function allOptions({ engine, driverName, enginePort }: ProvisionRequest): EngineOption[] {
  return [
    { name: "host", value: `tcp://0.0.0.0:${enginePort}` },
    { name: "host", value: "unix:///var/run/docker.sock" },
    // without a wish the engine chooses what fits the file system, and keeps the data it has
    ...(engine.StorageDriver === "" ? [] : [{ name: "storage-driver", value: engine.StorageDriver }]),
    { name: "tlsverify", value: undefined },
    { name: "tlscacert", value: `${dir}/ca.pem` },
    { name: "tlscert", value: `${dir}/server.pem` },
    { name: "tlskey", value: `${dir}/server-key.pem` },
    ...engineOptions(engine, driverName),
  ];
}

/** The drop-in: each word quoted as systemd reads it. */
function dropInText(dockerdPath: string, flags: readonly EngineOption[], env: readonly string[]): string {
  const words = flags.flatMap(({ name, value }) =>
    value === undefined ? [`--${name}`] : [`--${name}=${value}`],
  );
  return [
    "[Service]",
    "ExecStart=",
    `ExecStart=${[dockerdPath, ...words.map((word) => quoted(word).replaceAll("$", "$$$$"))].join(" ")}`,
    ...env.map((entry) => `Environment=${quoted(entry)}`),
    "",
  ].join("\n");
}

/** One word of a unit file. Source: systemd.syntax(7), "Quoting"; `%` begins a specifier, systemd.unit(5). */
function quoted(word: string): string {
  const escaped = word
    .replaceAll("\\", "\\\\")
    .replaceAll('"', '\\"')
    .replaceAll("\n", "\\n")
    .replaceAll("%", "%%");
  return /^[\w@+=:,./%-]+$/.test(word) ? escaped : `"${escaped}"`;
}
