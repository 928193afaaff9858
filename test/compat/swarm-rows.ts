import { type Row, rows } from "./row.ts";

const program = "test/unit/swarm/cli/program.test.ts";
const all = "test/unit/swarm/cli/flags-of-1-2-9.test.ts";
const manage = "test/unit/swarm/cli/manage.test.ts";
const flags = "test/unit/swarm/cli/flags.test.ts";

/** The command line of Swarm. */
export const swarmRows: readonly Row[] = [
  ...rows("swarm", [program, "shows its version in the form that scripts look for"], ["--version, -v"]),
  ...rows(
    "swarm",
    [program, "shows help without arguments, for help, --help and each command"],
    ["help, --help, -h", ["COMMAND --help", "help; the original crashed"]],
  ),
  ...rows(
    "swarm",
    [program, "refuses unknown commands and flags with exit code 2"],
    [["unknown commands and flags", "exit 2; the original exited 0"]],
  ),
  ...rows(
    "swarm",
    [all, "swarm's commands have the short names of 1.2.9"],
    ["create c, list l, manage m, join j"],
  ),
  ...rows(
    "swarm",
    [all, "swarm has each global flag of 1.2.9 with its variable and default"],
    ["--debug (DEBUG)", "--experimental"],
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
    ["list", "SWARM_DISCOVERY", "two positionals: only SWARM_DISCOVERY counts"],
  ),
  ...rows(
    "swarm",
    [flags, "take one dash or two, = or the next word, long names and short ones alike"],
    ["flag grammar"],
  ),
  ...rows(
    "swarm",
    [flags, "may stand behind the positional argument, and end at --"],
    [["flags behind <discovery>", "taken; the original took them for arguments"]],
  ),
  ...rows(
    "swarm list",
    [all, "swarm list has each flag of 1.2.9 with its default"],
    ["--timeout", "--discovery-opt"],
  ),
  ...rows("swarm list", [program, "%s → %s"], ["checks and messages of list and join; exit 1"]),
  ...rows(
    "swarm join",
    [all, "swarm join has each flag of 1.2.9 with its variable and default"],
    ["--advertise, --addr (SWARM_ADVERTISE)", "--heartbeat", "--ttl", "--delay", "--discovery-opt"],
  ),
  ...rows(
    "swarm join",
    [program, "logs what it does in logrus's form or as JSON, and ends well when told to stop"],
    [
      "the log line of each registration",
      ["SIGTERM", "ends in order, exit 0; the original died of the signal"],
    ],
  ),
  ...rows(
    "swarm manage",
    [all, "swarm manage has each flag of 1.2.9 with its variable and default"],
    [
      "--strategy",
      "--filter, -f",
      "--host, -H (SWARM_HOST)",
      "--replication",
      "--replication-ttl",
      "--advertise, --addr (SWARM_ADVERTISE)",
      "--tls",
      "--tlsverify",
      "--tlscacert, --tlscert, --tlskey",
      "--engine-refresh-min-interval",
      "--engine-refresh-max-interval",
      "--engine-failure-retry",
      "--engine-refresh-retry",
      "--heartbeat",
      "--api-enable-cors, --cors",
      "--cluster-driver, -c",
      "--cluster-opt",
      "--discovery-opt",
      "--refresh-on-node-filter",
      "--container-name-refresh-filter",
    ],
  ),
  ...rows(
    "swarm manage",
    [manage, "%s → %s"],
    [
      "order of the checks, and their messages; exit 1",
      ["--cluster-opt without =", "an error; the original crashed"],
    ],
  ),
  ...rows(
    "swarm",
    [
      "test/unit/swarm/cli/logrus.test.ts",
      "writes logrus's lines: sorted keys, quotes only where needed, nothing below the level",
    ],
    ["logs in logrus's form on stdout"],
  ),
  ...rows(
    "swarm containers",
    ["test/unit/cluster/reconcile.test.ts", "run the commands that docker-machine gave them"],
    ["command of swarm-agent-master", "command of swarm-agent"],
  ),
];
