import { missingRows, type Row, rows } from "./row.ts";

const program = "test/unit/cli/program.test.ts";
const machines = "test/unit/cli/machines.test.ts";
const env = "test/unit/cli/env.test.ts";
const environment = "test/unit/cli/environment.test.ts";
const lifecycle = "test/unit/machine/lifecycle.test.ts";
const list = "test/unit/machine/list.test.ts";
const provision = "test/unit/provision/provision.test.ts";
const families = "test/unit/provision/systemd-families.test.ts";
const certificates = "test/unit/certs/generate.test.ts";

/** Exit codes, streams and the commands' behaviour beside their flags. */
const commandRows: readonly Row[] = [
  ...rows("exit codes", [program, "%s: help on stdout"], ["help and version: 0"]),
  ...rows(
    "exit codes",
    [machines, "asks; anything but yes does nothing and exits 0"],
    ["rm refused at the question: 0"],
  ),
  ...rows(
    "exit codes",
    [machines, "-y anywhere, an answer of yes, and -f for what cannot be loaded"],
    ["rm -f with errors: 0"],
  ),
  ...rows(
    "exit codes",
    ["test/unit/cli/argv.test.ts", "%j is a usage error"],
    [["a value that is missing or of the wrong type", "2, as for unknown flags"]],
  ),
  ...rows(
    "exit codes",
    [program, "a store that cannot be used is told in words, with the place of it: no fault of the program"],
    ["a store that cannot be used: 1"],
  ),
  ...rows(
    "streams",
    [machines, "shows its steps as lines with the machine's name, and how to go on"],
    [["progress, hints and warnings", "on stderr, so that stdout holds results alone"]],
  ),
  ...rows("commands", [program, "a machine that is not there: exit 1 and what to do"], ["an unknown name"]),
  ...rows(
    "commands",
    [lifecycle, "are acted on together; the records keep what the drivers changed"],
    ["several names are acted on side by side"],
  ),
  ...rows(
    "commands",
    [lifecycle, "go on when one fails, and every failure is told"],
    ["errors of several names"],
  ),
  ...rows(
    "commands",
    [program, "too many and too few arguments: exit 1"],
    ["two names for inspect, status, url, version: exit 1"],
  ),
  ...rows(
    "kill",
    [lifecycle, "of a running machine, and stop and kill of a stopped one, are errors"],
    ["start of what runs, stop and kill of what is stopped: exit 1"],
  ),
  ...rows(
    "kill",
    [lifecycle, "restarts what runs, and starts what is off or asleep"],
    [["restart of a paused or saved machine", "starts it; the original did nothing"]],
  ),
  ...rows(
    "regenerate-certs",
    [machines, "regenerate-certs asks unless -f"],
    ["y or Y goes on, others exit 0, end of input exits 1"],
  ),
  ...rows(
    "regenerate-certs",
    [certificates, "is a server's; a master's is a client's too"],
    [["certificate of a master", "keeps its use as a client; the original lost it"]],
  ),
  ...rows(
    "provision",
    [lifecycle, "refuse a machine without a host at once"],
    [["provision, upgrade, regenerate-certs with driver none", "refused at once; waited for minutes"]],
  ),
  ...rows(
    "provision",
    [lifecycle, "starts the machine, upgrades the engine and provisions"],
    [["upgrade of engines since 25", "works; the original asked by an API version that they refuse"]],
  ),
  ...rows(
    "inspect",
    [machines, "inspect -f"],
    ["a missing key: <no value>", "a template that is none: exit 1", "null of lists that are never set"],
  ),
  ...rows(
    "ls",
    [
      "test/unit/cli/pieces.test.ts",
      "columns are as wide as docker-machine's: three blanks behind the longest cell, five characters at least",
    ],
    ["widths of columns"],
  ),
  ...rows(
    "ls",
    [list, "lists what cannot be read with its reason, whatever the filters"],
    ["DRIVER not found and STATE Error"],
  ),
  ...rows(
    "ls",
    [list, "says which certificate is the reason when an engine cannot be asked"],
    [
      "DOCKER Unknown and Unable to query docker version",
      ["certificates that are missing, expired or foreign", "named in ERRORS, with the remedy"],
    ],
  ),
  ...rows(
    "ls",
    ["test/unit/drivers/virtualbox/parse.test.ts", "state %s is %s"],
    ["STATE Running, Paused, Saved, Stopped, Stopping, Starting, Error"],
  ),
];

/** Variables of the environment that are no flag's of one command. */
const variableRows: readonly Row[] = [
  ...rows(
    "environment",
    [
      environment,
      "HOME, and USERPROFILE on Windows, hold the store unless MACHINE_STORAGE_PATH or -s names another",
    ],
    ["HOME", "USERPROFILE", "MACHINE_STORAGE_PATH"],
  ),
  ...rows(
    "environment",
    [environment, "MACHINE_TLS_… name files for create, made absolute"],
    ["MACHINE_TLS_CA_CERT", "MACHINE_TLS_CA_KEY", "MACHINE_TLS_CLIENT_CERT", "MACHINE_TLS_CLIENT_KEY"],
  ),
  ...rows(
    "environment",
    [
      environment,
      "MACHINE_NATIVE_SSH and MACHINE_GITHUB_API_TOKEN are taken; what is no boolean is passed over",
    ],
    ["MACHINE_GITHUB_API_TOKEN", "numbers and booleans that are none are passed over"],
  ),
  ...rows(
    "environment",
    [environment, "those of create's shared flags are taken, lists apart at commas and before what is given"],
    ["MACHINE_DOCKER_INSTALL_URL", "MACHINE_SWARM_IMAGE", "ENGINE_REGISTRY_MIRROR", "lists at commas"],
  ),
  ...rows("environment", [program, "MACHINE_DEBUG must be a boolean"], ["MACHINE_DEBUG"]),
  ...rows(
    "environment",
    [environment, "the owner in certificates on %s with %j is %s"],
    ["USER", "USERNAME"],
  ),
  ...rows(
    "environment",
    [environment, "__fish_bin_dir tells fish on Windows, where SHELL is set"],
    ["__fish_bin_dir"],
  ),
  ...rows(
    "environment",
    [env, "--no-proxy adds the address; --no-proxy --unset takes it out again"],
    ["NO_PROXY", "no_proxy"],
  ),
  ...rows(
    "environment",
    [list, "marks the active machine and the active Swarm"],
    ["DOCKER_HOST in ls and active"],
  ),
  ...missingRows(
    "environment",
    [list, "lists machines of drivers that are not here"],
    [["MACHINE_PLUGIN_TOKEN, MACHINE_PLUGIN_DRIVER_NAME", "plugins are not run"]],
  ),
];

/** What provisioning finds and writes on a host. */
const hostRows: readonly Row[] = [
  ...rows(
    "hosts",
    [families, "%s finds the provisioner of its family"],
    [
      "boot2docker",
      "ubuntu(systemd)",
      "debian",
      "centos, fedora, redhat, ol",
      "SUSE",
      "arch",
      ["systems like these: rocky, almalinux, amzn, raspbian, linuxmint, manjaro", "known by ID_LIKE"],
    ],
  ),
  ...missingRows(
    "hosts",
    [provision, "names a system that it does not know, and those it knows"],
    [
      [
        "coreOS, RancherOS, Ubuntu before 15.04",
        "no longer made; the error names the systems that are known",
      ],
    ],
  ),
  ...rows(
    "hosts",
    [provision, "needs two commands, and no secret shows in one"],
    [
      [
        "/var/lib/boot2docker/ca.pem, server.pem, server-key.pem",
        "keys go by stdin; the original showed them in a command line",
      ],
    ],
  ),
  ...rows(
    "hosts",
    [families, "%s gets exactly the recorded script to install its engine, then one to configure it"],
    ["/etc/docker/ca.pem, server.pem, server-key.pem"],
  ),
  ...rows(
    "hosts",
    [provision, "takes the engine that is there, and needs two commands"],
    ["/etc/systemd/system/docker.service.d/10-machine.conf"],
  ),
  ...rows(
    "hosts",
    [provision, "writes the profile in docker-machine's form"],
    ["/var/lib/boot2docker/profile"],
  ),
  ...rows(
    "hosts",
    [provision, "keeps a user's daemon.json: options whose key it has join it, the others are flags"],
    [["/etc/docker/daemon.json", "a user's own settings are kept; the engine did not start with them"]],
  ),
  ...rows(
    "hosts",
    [provision, "installs the engine on %j by the script, else by its package"],
    ["install script, or the distribution's package"],
  ),
];

/** Rows of behaviour that belongs to no single flag. */
export const behaviourRows: readonly Row[] = [...commandRows, ...variableRows, ...hostRows];
