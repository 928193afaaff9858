import type { Row } from "./row.ts";

/** What cannot be had where the tests run. */
const notRunHere = [
  "docker-machine 0.16.2 and Swarm 1.2.9 themselves: their documented and recorded behaviour stands in",
  "PowerShell, cmd and Emacs: the lines that env prints for them are compared as text",
  "Windows and macOS: paths and differences are covered by unit tests",
  "VirtualBox versions other than the one of Debian sid: parsers and command lines are tested on recordings",
  "cgroup v2: container machines are made on cgroup v1 here",
  "distributions other than Debian: provisioners are tested on their command lines",
];

/** What the rows rest on. */
const background = [
  "## Stores of older versions",
  "",
  "A record of an older docker-machine is brought to ConfigVersion 3 when it is loaded, one version after the other;",
  "the old text stays beside it as config.json.bak. A later version is left alone, with an error in its row of `ls`.",
  "",
  "- 0 (docker-machine 0.1): paths and Swarm settings stood at the top level. HostOptions is made of StorePath,",
  "  CaCertPath, PrivateKeyPath, ServerCertPath, ServerKeyPath, ClientCertPath, ClientKeyPath, SwarmHost, SwarmMaster",
  "  and SwarmDiscovery.",
  "- 1 (0.2 to 0.4): AuthOptions.PrivateKeyPath is now CaPrivateKeyPath; the certificates' folder is found two levels",
  "  above the machine's StorePath.",
  "- 2 (before 0.5): Driver.StorePath was the machine's directory and is now the store's root.",
  "",
  "docker-machine left relative paths in migrated records of version 0, and the store's root as AuthOptions.StorePath in",
  "those of version 1. Here it is always the machine's directory.",
  "",
  "## Variables that docker-machine did not have",
  "",
  "- `MACHINE_DOCKER_HOST`: the engine on which container machines are made, where DOCKER_HOST is for other programs;",
  "  unix://, tcp:// and npipe:// (an engine behind ssh:// is refused: generic makes a machine of such a host).",
  "- `MACHINE_TIMEOUT_SSH`, `MACHINE_TIMEOUT_ENGINE`, `MACHINE_TIMEOUT_STOP`, `MACHINE_TIMEOUT_SWARM`: seconds that a host",
  "  may take to greet over SSH, its engine to answer, a machine to stop, a node to be seen by its manager.",
  "- `MACHINE_TIMEOUT_TLS`: seconds for one check of a machine's engine; `MACHINE_TIMEOUT_API`: of silence when your",
  "  own engine is asked something (calls that make or remove something: 20 times as many).",
  "",
  "## What the swarm containers run",
  "",
  "A master runs `swarm-agent-master`, a node `swarm-agent`, both with restart policy `always` and the machine's",
  "certificates mounted read-only.",
  "",
  "- master: `manage --tlsverify --tlscacert=… --tlscert=… --tlskey=… -H HOST --strategy STRATEGY --advertise IP:PORT`,",
  "  each `--swarm-opt` as `--OPTION`, and the discovery; the port of HOST is published.",
  "- node: `join --advertise IP:PORT`, each `--swarm-join-opt` as `--OPTION`, and the discovery.",
  "- `--swarm-experimental` puts `--experimental` in front; `--engine-env` is the environment of both.",
  "",
  "Beside that they get what discovery with the cluster's own certificates needs: see discovery.md.",
];

/** The text of docs/compat.md. */
export function compatDocument(rows: readonly Row[]): string {
  const lines = [
    "# Compatibility",
    "",
    "What scripts use of docker-machine 0.16.2 and of Swarm 1.2.9, how it stands here, and the test that proves it.",
    "`same`: as in the original. `better`: different on purpose, with the reason. `missing`: not there. This page is",
    "generated from test/compat by `npx tsx test/compat/write.ts`.",
  ];
  for (const group of [...new Set(rows.map((row) => row.group))]) {
    lines.push("", `## ${group}`, "", "| item | state | test |", "|---|---|---|");
    for (const row of rows.filter((one) => one.group === group)) {
      const state = row.note === undefined ? row.state : `${row.state}: ${row.note}`;
      lines.push(`| ${cell(row.item)} | ${cell(state)} | ${cell(`${row.file}: ${row.test}`)} |`);
    }
  }
  lines.push("", ...background);
  lines.push("", "## Differences and their reasons", "");
  for (const row of rows) if (row.note !== undefined) lines.push(`- ${row.group}, ${row.item}: ${row.note}`);
  lines.push("", "## Not run here", "", ...notRunHere.map((line) => `- ${line}`), "");
  return lines.join("\n");
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
