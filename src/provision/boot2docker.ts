import { shellQuote } from "../kit/shell.ts";
import type { EngineOptions } from "../store/record.ts";
import { type EngineOption, engineOptions, mergeDaemonJson, settingsOf } from "./daemon-json.ts";
import type { MachineFacts, Provisioner } from "./provisioner.ts";
import type { ProvisionRequest } from "./request.ts";
import { runConfigureScript, type ScriptFile } from "./script.ts";

const dir = "/var/lib/boot2docker";

const log = "/var/log/docker.log";

/** Prints what the engine wrote since this start; the lines of earlier failures say nothing of it. */
const newLog = `tail -c +$((size + 1)) ${log} 2>/dev/null`;

/** boot2docker: the release of old, and the images that `machine image build` makes. */
export const boot2docker: Provisioner = {
  name: "boot2docker",
  matches: (os) => os.get("ID") === "boot2docker",
  async provision(request, facts) {
    const name = shellQuote(request.name);
    await runConfigureScript(request, {
      files: filesOf(request, facts),
      before: [
        `[ "$(hostname)" = ${name} ] || /usr/bin/sethostname ${name}`,
        `mkdir -p ${dir}/etc && echo ${name} >${dir}/etc/hostname`,
      ],
      stop: "/etc/init.d/docker stop >/dev/null 2>&1",
      start: `size=$(wc -c <${log} 2>/dev/null) || size=0; /etc/init.d/docker start >/dev/null 2>&1`,
      showLog: `${newLog} | tail -n 15`,
      // our image starts an engine that ended again and writes so; three times is enough to know
      hasFailed: `[ "$(${newLog} | grep -c 'dockerd ended with code')" -ge 3 ]`,
    });
  },
};

function filesOf(request: ProvisionRequest, facts: MachineFacts): ScriptFile[] {
  const { certs, engine, driverName, enginePort } = request;
  const daemon = daemonJson(engine, driverName, facts);
  return [
    { path: `${dir}/ca.pem`, text: certs.ca, mode: 0o644 },
    { path: `${dir}/server.pem`, text: certs.serverCert, mode: 0o644 },
    { path: `${dir}/server-key.pem`, text: certs.serverKey, mode: 0o600 },
    { path: `${dir}/profile`, text: profile(engine, driverName, enginePort), mode: 0o644 },
    ...daemon,
  ];
}

/** True when a value would not survive the word splitting of the profile's EXTRA_ARGS. */
const needsJson = (value: string) => value === "" || /[\s*?[\]'"\\]/.test(value);

/** What cannot stand in EXTRA_ARGS goes to daemon.json. */
function daemonJson(engine: EngineOptions, driverName: string, facts: MachineFacts): ScriptFile[] {
  const { apart } = divideOptions(engine, driverName);
  const merged = mergeDaemonJson(facts.daemonJson, facts.ownKeys, settingsOf(apart));
  if (merged.text === "") return [];
  return [
    { path: "/etc/docker/daemon.json", text: merged.text, mode: 0o644 },
    { path: `${dir}/.machine-daemon-keys`, text: merged.ownKeys, mode: 0o644 },
  ];
}

/**
 * Divides options by name: one of which a value needs daemon.json goes there with all its values, since dockerd refuses
 * an option that is both a flag and in the file.
 */
function divideOptions(engine: EngineOptions, driverName: string) {
  const options = engineOptions(engine, driverName);
  const names = new Set(
    options.flatMap(({ name, value }) => (value !== undefined && needsJson(value) ? [name] : [])),
  );
  return {
    flags: options.filter(({ name }) => !names.has(name)),
    apart: options.filter(({ name }) => names.has(name)),
  };
}

/** Source: the form in which docker-machine writes each; docs/compat.md. */
function flagText({ name, value }: EngineOption): string {
  if (value === undefined) return `--${name}`;
  return /^(label|insecure-registry|registry-mirror)$/.test(name)
    ? `--${name} ${value}`
    : `--${name}=${value}`;
}

/** The profile, which the init script sources; each value is quoted for sh. Source: image/README.md. */
function profile(engine: EngineOptions, driverName: string, enginePort: number): string {
  const { flags } = divideOptions(engine, driverName);
  const env = engine.Env.map((entry) => `export ${singleQuoted(entry)}\n`).join("");
  return `
EXTRA_ARGS=${singleQuoted(`\n${flags.map((flag) => `${flagText(flag)}\n`).join("")}\n`)}
CACERT=${dir}/ca.pem
DOCKER_HOST='-H tcp://0.0.0.0:${enginePort}'
DOCKER_STORAGE=${shellQuote(engine.StorageDriver || "overlay2")}
DOCKER_TLS=auto
SERVERKEY=${dir}/server-key.pem
SERVERCERT=${dir}/server.pem

${env}`;
}

function singleQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
