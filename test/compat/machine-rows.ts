import { type Row, rows } from "./row.ts";

const program = "test/unit/cli/program.test.ts";
const machines = "test/unit/cli/machines.test.ts";
const env = "test/unit/cli/env.test.ts";
const argv = "test/unit/cli/argv.test.ts";
const connection = "test/unit/machine/connection.test.ts";
const lifecycle = "test/unit/machine/lifecycle.test.ts";
const shells = "test/e2e/shells.test.ts";

/** The command line of docker-machine. */
export const machineRows: readonly Row[] = [
  ...rows(
    "global flags",
    [program, "all global flags of docker-machine are taken"],
    [
      "--debug, -D (MACHINE_DEBUG)",
      "--storage-path, -s (MACHINE_STORAGE_PATH)",
      "--tls-ca-cert (MACHINE_TLS_CA_CERT)",
      "--tls-ca-key (MACHINE_TLS_CA_KEY)",
      "--tls-client-cert (MACHINE_TLS_CLIENT_CERT)",
      "--tls-client-key (MACHINE_TLS_CLIENT_KEY)",
      "--github-api-token (MACHINE_GITHUB_API_TOKEN)",
      [
        "--bugsnag-api-token (MACHINE_BUGSNAG_API_TOKEN)",
        "taken and ignored: nothing is ever reported to anybody",
      ],
    ],
  ),
  ...rows(
    "global flags",
    [program, "MACHINE_DEBUG must be a boolean"],
    ["MACHINE_DEBUG of another text: exit 1"],
  ),
  ...rows("global flags", [program, "%s shows the stack of an error"], ["-D, --debug, -debug anywhere"]),
  ...rows("global flags", [program, "%s: help on stdout"], ["--help, -h"]),
  ...rows("global flags", [program, "%s prints one line with version and build"], ["--version, -v"]),
  ...rows("grammar", [argv, "one dash or two, blank or equals sign"], ["-x v, --x v, -x=v, --x=v"]),
  ...rows("grammar", [argv, "booleans stand alone or have a value"], ["--flag and --flag=false"]),
  ...rows(
    "grammar",
    [argv, "flags may stand anywhere, and -- ends them"],
    ["-- ends flags", ["flags behind arguments", "taken anywhere; the original turned them into arguments"]],
  ),
  ...rows(
    "grammar",
    [argv, "of a flag given twice the last one counts; lists keep all"],
    [["both spellings of one flag", "the last one counts; the original refused"]],
  ),
  ...rows(
    "grammar",
    [argv, "the environment gives what the command line does not; lists take both"],
    ["defaults from the environment; lists take both"],
  ),
  ...rows(
    "grammar",
    [program, "an unknown flag: exit 2, nothing on stdout"],
    [["unknown flag", "exit 2; the original exited 0 for most commands, which hid mistakes in scripts"]],
  ),
  ...rows(
    "exit codes",
    [program, "an unknown command: exit 1, with the word and a near command"],
    ["unknown command: 1"],
  ),
  ...rows(
    "exit codes",
    [program, "too many and too few arguments: exit 1"],
    ["wrong number of arguments: 1"],
  ),
  ...rows("exit codes", [program, "a machine that is not there: exit 1 and what to do"], ["errors: 1"]),
  ...rows(
    "exit codes",
    [machines, "a failed pre-create check: exit 3, nothing saved"],
    ["failed pre-create check: 3"],
  ),
  ...rows(
    "exit codes",
    [program, "without --debug there is no stack, for bugs neither"],
    [["crash: 2", "never: a bug of ours is reported in one sentence, exit 1"]],
  ),
  ...rows(
    "exit codes",
    [program, "an interruption ends with 130"],
    [["Ctrl-C", "130, after what was made is removed again"]],
  ),
  ...rows(
    "commands",
    [program, "no name and no machine called default: exit 1"],
    ["no name: the machine called default"],
  ),
  ...rows("commands", [program, "no command: the general help, exit 0"], ["no command: help, exit 0"]),
  ...rows("commands", [program, "help of a command, three ways"], ["help [CMD], CMD --help, CMD -h"]),
  ...rows(
    "commands",
    [machines, "when one of several cannot be loaded nothing is done"],
    ["several names: all are loaded first"],
  ),
  ...rows(
    "active",
    [machines, "active: from the variables that env set, without asking a machine"],
    [
      "active",
      "active --timeout, -t",
      [
        "no queries",
        "DOCKER_MACHINE_NAME and DOCKER_HOST are looked at first; the original asked every machine",
      ],
    ],
  ),
  ...rows("config", [env, "prints five options, with quoted paths"], ["config NAME"]),
  ...rows("config", [connection, "is the manager's with --swarm, for masters"], ["config --swarm"]),
  ...rows("config", [env, "further names are passed over, as ever"], ["config: further names"]),
  ...rows(
    "create",
    [machines, "every shared flag reaches the record"],
    [
      "--engine-install-url (MACHINE_DOCKER_INSTALL_URL)",
      "--engine-opt",
      "--engine-insecure-registry",
      "--engine-registry-mirror (ENGINE_REGISTRY_MIRROR)",
      "--engine-label",
      "--engine-storage-driver",
      "--engine-env",
      "--swarm",
      "--swarm-image (MACHINE_SWARM_IMAGE)",
      "--swarm-master",
      "--swarm-discovery",
      "--swarm-strategy",
      "--swarm-opt",
      "--swarm-join-opt",
      "--swarm-host",
      ["--swarm-addr", "honoured: the original stored it and used it nowhere"],
      "--swarm-experimental",
      "--tls-san",
    ],
  ),
  ...rows(
    "create",
    [machines, "the driver's flags join once it is known; those of another driver do not"],
    ["--driver, -d", "the driver's own flags"],
  ),
  ...rows("create", [machines, "MACHINE_DRIVER names the driver"], ["MACHINE_DRIVER"]),
  ...rows(
    "create",
    [machines, "without --driver the best one that is usable is taken, and the command says which"],
    [["no --driver", "virtualbox where it is usable, else docker; the original always took virtualbox"]],
  ),
  ...rows(
    "create",
    [machines, "no name: exit 1; a bad discovery: exit 1"],
    ["no name: exit 1", "form of --swarm-discovery"],
  ),
  ...rows("create", [machines, "the name %j is refused before anything is made"], ["allowed names"]),
  ...rows(
    "create",
    [machines, "one failure does not stop the others, and a summary tells"],
    [
      ["a failed create", "everything that it made is removed again, unless --keep"],
      ["several names", "made side by side, --parallel at once"],
    ],
  ),
  ...rows(
    "env",
    [env, "sets the four variables for %s, comments last"],
    [
      "env NAME",
      "env --shell bash",
      "env --shell fish",
      "env --shell powershell",
      "env --shell cmd",
      "env --shell tcsh",
      "env --shell emacs",
      "DOCKER_TLS_VERIFY",
      "DOCKER_HOST",
      "DOCKER_CERT_PATH",
      "DOCKER_MACHINE_NAME",
    ],
  ),
  ...rows(
    "env",
    [shells, "%s sets exactly the variables"],
    [["values with quotes and blanks", "escaped for each shell; the original printed them as they are"]],
  ),
  ...rows("env", [env, "--unset for %s"], ["env --unset, -u"]),
  ...rows(
    "env",
    [env, "COMPOSE_CONVERT_WINDOWS_PATHS is set on Windows alone"],
    ["COMPOSE_CONVERT_WINDOWS_PATHS"],
  ),
  ...rows(
    "env",
    [env, "--no-proxy adds the address; --no-proxy --unset takes it out again"],
    [
      "env --no-proxy",
      ["env --no-proxy --unset", "takes the address out of the list; the original printed a broken line"],
    ],
  ),
  ...rows("env", [env, "--swarm asks for a master"], ["env --swarm of another machine: exit 1"]),
  ...rows("env", [connection, "is the manager's with --swarm, for masters"], ["env --swarm"]),
  ...rows("env", [env, "a machine that is off: exit 1"], ["a machine that is off: exit 1"]),
  ...rows(
    "env",
    [connection, "tells reason and remedy, with its warning, when the engine cannot be used"],
    ["TLS that fails: exit 1, advice to run regenerate-certs"],
  ),
  ...rows("env", [env, "the shell is that of SHELL; any unknown one is like bash"], ["SHELL"]),
  ...rows(
    "env",
    [env, "without SHELL the program that called decides; when it is no shell the command fails"],
    [["SHELL not set", "the calling program decides"]],
  ),
  ...rows(
    "env",
    [env, "a failure is a failing command for %s"],
    [
      [
        "a failure",
        "stdout is a failing command, so that eval fails; the original printed nothing and eval succeeded",
      ],
    ],
  ),
  ...rows(
    "inspect",
    [machines, "inspect: four blanks of indent and the keys of config.json in their order"],
    ["inspect NAME"],
  ),
  ...rows("inspect", [machines, "inspect -f"], ["inspect --format, -f", "json, prettyjson"]),
  ...rows(
    "ip",
    [machines, "status, url, ip, inspect"],
    [["ip NAME...", "in the order of the names"], "url NAME", "status NAME"],
  ),
  ...rows(
    "kill",
    [machines, "start and stop of several machines; twice is an error"],
    ["kill", "start", "stop", "restart"],
  ),
  ...rows("provision", [machines, "provision and upgrade"], ["provision", "upgrade"]),
  ...rows(
    "regenerate-certs",
    [machines, "regenerate-certs asks unless -f"],
    ["regenerate-certs", "--force, -f"],
  ),
  ...rows(
    "regenerate-certs",
    [lifecycle, "a rotation of the CA reaches every machine that runs"],
    [
      [
        "--client-certs",
        "makes them new and takes them to every machine that runs; the original only replaced expired ones",
      ],
    ],
  ),
  ...rows("rm", [machines, "asks; anything but yes does nothing and exits 0"], ["rm NAME..."]),
  ...rows(
    "rm",
    [machines, "-y anywhere, an answer of yes, and -f for what cannot be loaded"],
    ["rm -y", "rm --force, -f"],
  ),
  ...rows(
    "rm",
    [machines, "without anybody to ask and without -y it fails"],
    [["end of input", "exit 1; the original exited 0 and removed nothing"]],
  ),
  ...rows("version", [program, "%s prints one line with version and build"], ["version"]),
  ...rows("version", [machines, "version NAME: the engine's version alone"], ["version NAME"]),
  ...rows("streams", [shells, "a full disk is an error"], [["stdout that cannot be written", "exit 1"]]),
];
