import { type Row, rows } from "./row.ts";

const machines = "test/unit/cli/machines.test.ts";
const list = "test/unit/machine/list.test.ts";

/** The command `ls`. */
export const lsRows: readonly Row[] = [
  ...rows(
    "ls",
    [machines, "all columns, in the natural order of names"],
    ["NAME", "ACTIVE", "DRIVER", "STATE", "URL", "SWARM", "DOCKER", "ERRORS", "natural order"],
  ),
  ...rows("ls", [machines, "an empty store: the header alone"], ["header without machines"]),
  ...rows("ls", [machines, "-q: names alone, in the order of bytes"], ["ls --quiet, -q", "filter name"]),
  ...rows(
    "ls",
    [
      list,
      "by Swarm take the master's name, whatever its case, and keep the column when the master is filtered out",
    ],
    ["filter swarm", ["SWARM of agents whose master is filtered out", "kept; the original left it blank"]],
  ),
  ...rows("ls", [list, "%j choose %j"], ["filter label", "keys of filters whatever their case"]),
  ...rows(
    "ls",
    [list, "lists what cannot be read with its reason, whatever the filters"],
    ["rows of machines that cannot be loaded"],
  ),
  ...rows("ls", [list, "lists machines of drivers that are not here"], ["DRIVER not-found"]),
  ...rows("ls", [list, "marks the active machine and the active Swarm"], ["ACTIVE * and * (swarm)"]),
  ...rows("ls", [machines, "filters: same key or, different keys and"], ["filter driver", "filter state"]),
  ...rows(
    "ls",
    [machines, "the filter %s: exit 1"],
    [["filter label=K without value", "no crash"], "unknown filter: exit 1"],
  ),
  ...rows("ls", [machines, "-t 0: all machines time out"], ["ls --timeout, -t"]),
  ...rows(
    "ls",
    [machines, "--format: a template for each machine, with \\\\t and \\\\n"],
    ["ls --format, -f", ".Name", ".State", ".DriverName"],
  ),
  ...rows(
    "ls",
    [machines, "--format table: headers of the fields that are used"],
    ["table TEMPLATE", ".ActiveHost", ".SwarmOptions", ".ResponseTime"],
  ),
  ...rows(
    "ls",
    [machines, "--format: options are structs, an unknown field is an error"],
    [
      ".SwarmOptions.Strategy",
      ".EngineOptions",
      ["json in ls --format", "there are json and the other functions of docker; the original had none"],
    ],
  ),
  ...rows(
    "ls",
    [machines, "--json and --format json: one array of all fields"],
    [".Active", ".ActiveSwarm", ".URL", ".Swarm", ".DockerVersion", ".Error"],
  ),
];
