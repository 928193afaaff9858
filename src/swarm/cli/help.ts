import { swarmVersion } from "../version.ts";
import type { FlagSpec } from "./flags.ts";
import { type CommandSpec, commands, globalFlags } from "./specs.ts";

const helpFlag: FlagSpec = { name: "help", aliases: ["h"], kind: "bool", help: "show help" };
const discoveryUrls = [
  "token://<token>",
  "token://<host:port>/<path>/<token>",
  "etcd://<ip1>,<ip2>/<path>",
  "etcd3://<ip1>,<ip2>/<path>",
  "consul://<ip1>,<ip2>/<path>",
  "zk://<ip1>,<ip2>/<path>",
  "file://path/to/file",
  "[nodes://]<ip1>,<ip2>",
];

export function programHelp(program: string): string {
  const names = commands.map((command) => [fullName(command, ", "), command.summary] as const);
  return [
    `Usage: ${program} [OPTIONS] COMMAND [arg...]`,
    "",
    "A Docker-native clustering system",
    "",
    `Version: ${swarmVersion}`,
    "",
    "Options:",
    ...flagLines([...globalFlags, helpFlag]),
    "",
    "Commands:",
    ...columns([...names, ["help", "Shows a list of commands or help for one command"]]),
    "",
    `Run '${program} COMMAND --help' for more information on a command.`,
    "",
  ].join("\n");
}

export function commandHelp(program: string, command: CommandSpec): string {
  const usage = ["Usage:", program, fullName(command, undefined), "[OPTIONS]", command.argument];
  return [
    usage.filter((word) => word !== "").join(" "),
    "",
    command.summary,
    "",
    ...(command.takesDiscovery === true
      ? [
          "Arguments:",
          "  <discovery>  discovery service to use [$SWARM_DISCOVERY]",
          ...discoveryUrls.map((url) => `                * ${url}`),
          "",
        ]
      : []),
    "Options:",
    ...flagLines([...command.flags, helpFlag]),
    "",
  ].join("\n");
}

function fullName(command: CommandSpec, shortSeparator: string | undefined): string {
  const name = command.group === undefined ? command.name : `${command.group} ${command.name}`;
  return shortSeparator === undefined || command.short === undefined
    ? name
    : `${name}${shortSeparator}${command.short}`;
}

function flagLines(flags: readonly FlagSpec[]): string[] {
  return columns(
    flags.map((flag) => {
      const names = [flag.name, ...(flag.aliases ?? [])].map((name) =>
        name.length > 1 ? `--${name}` : `-${name}`,
      );
      const fallback = flag.kind === "text" && typeof flag.fallback === "string" ? ` "${flag.fallback}"` : "";
      const many = flag.kind === "list" ? " [repeatable]" : "";
      const env = flag.env === undefined ? "" : ` [$${flag.env}]`;
      return [`${names.join(", ")}${fallback}${many}`, `${flag.help}${env}`] as const;
    }),
  );
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`.trimEnd());
}
