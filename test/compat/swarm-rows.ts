import { type Row, rows } from "./row.ts";

const program = "test/unit/swarm/cli/program.test.ts";
const flags = "test/unit/swarm/cli/flags.test.ts";

/** The command line of Swarm. */
export const swarmRows: readonly Row[] = [
  ...rows("swarm", [program, "shows its version in the form that scripts look for"], ["--version, -v"]),
  ...rows(
    "swarm",
    [program, "shows help without arguments, for help, --help and each command"],
    ["help, --help, -h"],
  ),
  ...rows(
    "swarm",
    [program, "refuses unknown commands and flags with exit code 2"],
    ["unknown commands and flags"],
  ),
  ...rows("swarm", [program, "knows logrus's levels"], ["--log-level, -l"]),
  ...rows(
    "swarm",
    [program, "create makes an id where no service is known"],
    [["create", "makes the id itself: the hosted service is gone"]],
  ),
  ...rows(
    "swarm",
    [program, "prints entries, from the argument or the environment"],
    ["list", "SWARM_DISCOVERY"],
  ),
  ...rows(
    "swarm",
    [flags, "take one dash or two, = or the next word, long names and short ones alike"],
    ["flag grammar"],
  ),
];
