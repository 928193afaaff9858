import { shellQuote } from "../kit/shell.ts";
import { engineNotStarted } from "./errors.ts";
import type { ProvisionRequest } from "./request.ts";

export interface ScriptFile {
  readonly path: string;
  /** undefined removes the file. */
  readonly text: string | undefined;
  readonly mode: number;
}

export interface ConfigureScript {
  readonly files: readonly ScriptFile[];
  /** Shell commands before the files are compared (host name). */
  readonly before: readonly string[];
  /** Shell commands that stop and start the engine. */
  readonly stop: string;
  readonly start: string;
  /** A shell command that prints the end of the engine's log. */
  readonly showLog: string;
  /** A shell test that is true when the engine will not come up by itself any more; "" when there is none. */
  readonly hasFailed: string;
}

const notStarted = 75;

/** A shell of root that reads its script from standard input. */
export const rootShell = "if [ $(id -u) = 0 ]; then sh -s; else sudo -n sh -s; fi";

/**
 * The shell text that does it all in one go, to be read by `sh` from its standard input, so that nothing of it shows in
 * the guest's process list: writes files that differ, restarts the engine only then, waits for its socket.
 */
function configureScript(plan: ConfigureScript, timeoutMs: number): string {
  const puts = plan.files.map(({ path, text, mode }) =>
    text === undefined
      ? `drop ${shellQuote(path)}`
      : `put ${shellQuote(path)} ${mode.toString(8)} <<'END'\n${Buffer.from(text).toString("base64")}\nEND`,
  );
  return `set -e
umask 022
changed=
same() { [ -e "$2" ] && [ "$(cat "$1"; echo .)" = "$(cat "$2"; echo .)" ]; } # not every system has cmp
put() {
  dir=$(dirname "$1")
  [ -d "$dir" ] || mkdir -p "$dir"
  (umask 077; base64 -d >"$1.new")
  if same "$1.new" "$1"; then rm -f "$1.new"; chmod "$2" "$1"; return; fi
  chmod "$2" "$1.new"
  mv -f "$1.new" "$1"
  changed=yes
}
drop() { [ ! -e "$1" ] || { rm -f "$1"; changed=yes; }; }
answers() {
  if type curl >/dev/null 2>&1; then
    [ "$(curl -s -m 5 --unix-socket /var/run/docker.sock http://docker/_ping 2>/dev/null)" = OK ]
  elif type docker >/dev/null 2>&1; then
    docker version >/dev/null 2>&1
  else
    [ -S /var/run/docker.sock ]
  fi
}
{
${plan.before.join("\n")}
} </dev/null
${puts.join("\n")}
if [ -z "$changed" ] && answers; then echo unchanged; exit 0; fi
{ ${plan.stop}; } </dev/null || :
if type ip >/dev/null 2>&1 && ip link show docker0 >/dev/null 2>&1; then ip link delete docker0 || :; fi
{ ${plan.start}; } </dev/null || :
end=$(($(date +%s) + ${Math.ceil(timeoutMs / 1000)}))
until answers; do
  if [ "$(date +%s)" -ge $end ]${plan.hasFailed === "" ? "" : ` || ${plan.hasFailed}`}; then
    ${plan.showLog}
    exit ${notStarted}
  fi
  sleep 0.2 2>/dev/null || sleep 1
done
echo changed
`;
}

/** Sends the script; @returns true when something was changed. @throws ENGINE_NOT_STARTED with the end of its log */
export async function runConfigureScript(request: ProvisionRequest, plan: ConfigureScript): Promise<boolean> {
  const { connection, name, engineTimeoutMs } = request;
  const result = await connection.run(rootShell, {
    input: configureScript(plan, engineTimeoutMs),
    timeoutMs: engineTimeoutMs + 60_000,
    okCodes: [0, notStarted],
  });
  if (result.exitCode === notStarted) throw engineNotStarted(name, result.stdout.trim());
  return !result.stdout.includes("unchanged");
}

/** Sets the host name and its line of /etc/hosts; source: hostname(1), hosts(5). */
export function hostnameCommands(name: string): string[] {
  const quoted = shellQuote(name);
  return [
    `[ "$(hostname)" = ${quoted} ] || hostname ${quoted}`,
    `[ "$(cat /etc/hostname 2>/dev/null)" = ${quoted} ] || echo ${quoted} >/etc/hostname`,
    `if ! grep -q "[[:space:]]${name.replaceAll(".", "\\.")}\\$" /etc/hosts; then`,
    `  if grep -q "^127\\.0\\.1\\.1" /etc/hosts; then`,
    `    sed "s/^127\\.0\\.1\\.1.*/127.0.1.1 ${name}/" /etc/hosts >/tmp/hosts.machine && cat /tmp/hosts.machine >/etc/hosts && rm -f /tmp/hosts.machine`,
    `  else echo "127.0.1.1 ${name}" >>/etc/hosts; fi`,
    "fi",
  ];
}
