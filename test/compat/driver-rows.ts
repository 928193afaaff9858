import { missingRows, type Row, rows } from "./row.ts";

const flags = "test/unit/drivers/virtualbox/flags.test.ts";
const virtualbox = "test/unit/drivers/virtualbox/driver.test.ts";
const generic = "test/unit/drivers/generic/driver.test.ts";
const none = "test/unit/drivers/none/driver.test.ts";
const list = "test/unit/machine/list.test.ts";

/** The drivers of docker-machine: their flags, and what they do. */
export const driverRows: readonly Row[] = [
  ...rows(
    "driver virtualbox",
    [flags, "offers each flag of docker-machine with its variable"],
    [
      "--virtualbox-memory (VIRTUALBOX_MEMORY_SIZE)",
      "--virtualbox-cpu-count (VIRTUALBOX_CPU_COUNT)",
      "--virtualbox-disk-size (VIRTUALBOX_DISK_SIZE)",
      "--virtualbox-boot2docker-url (VIRTUALBOX_BOOT2DOCKER_URL)",
      "--virtualbox-import-boot2docker-vm (VIRTUALBOX_BOOT2DOCKER_IMPORT_VM)",
      "--virtualbox-host-dns-resolver (VIRTUALBOX_HOST_DNS_RESOLVER)",
      "--virtualbox-nat-nictype (VIRTUALBOX_NAT_NICTYPE)",
      "--virtualbox-hostonly-nictype (VIRTUALBOX_HOSTONLY_NIC_TYPE)",
      "--virtualbox-hostonly-nicpromisc (VIRTUALBOX_HOSTONLY_NIC_PROMISC)",
      "--virtualbox-ui-type (VIRTUALBOX_UI_TYPE)",
      "--virtualbox-hostonly-no-dhcp (VIRTUALBOX_HOSTONLY_NO_DHCP)",
      "--virtualbox-no-share (VIRTUALBOX_NO_SHARE)",
      "--virtualbox-no-dns-proxy (VIRTUALBOX_NO_DNS_PROXY)",
      "--virtualbox-no-vtx-check (VIRTUALBOX_NO_VTX_CHECK)",
      "--virtualbox-share-folder (VIRTUALBOX_SHARE_FOLDER)",
    ],
  ),
  ...rows(
    "driver virtualbox",
    [flags, "has docker-machine's defaults and an address that VirtualBox allows"],
    [
      [
        "--virtualbox-hostonly-cidr (VIRTUALBOX_HOSTONLY_CIDR)",
        "192.168.59.1/24 by default: VirtualBox since 6.1.28 refuses the original's 192.168.99.1/24",
      ],
    ],
  ),
  ...rows(
    "driver virtualbox",
    [flags, "CPUs: all of the host's below 1, never more than 32"],
    ["--virtualbox-cpu-count below 1"],
  ),
  ...rows(
    "driver virtualbox",
    [flags, "is the given one, split at the last colon"],
    ["DIR:NAME of the shared folder"],
  ),
  ...rows(
    "driver virtualbox",
    [
      "test/contract/vbox-driver.test.ts",
      "takes disk, sizes and key of a boot2docker VM, which stays as it is",
    ],
    ["import of a boot2docker VM"],
  ),
  ...rows(
    "driver virtualbox",
    [flags, "is completed with docker-machine's values, unknown keys kept"],
    ["records of old releases"],
  ),
  ...rows(
    "driver virtualbox",
    ["test/unit/drivers/virtualbox/disk.test.ts", "begins with the magic text, and holds the key twice"],
    ["the data disk begins with what boot2docker looks for"],
  ),
  ...rows(
    "driver virtualbox",
    ["test/unit/drivers/virtualbox/vboxmanage.test.ts", "has failed when it prints an error and exits 0"],
    ["an error on stderr is a failure"],
  ),
  ...rows(
    "driver virtualbox",
    [virtualbox, "come from two calls, whatever the number of machines"],
    [["states of ls", "two calls for all machines; the original made several for each"]],
  ),
  ...rows(
    "driver virtualbox",
    [virtualbox, "cuts the power when the guest does not hear the button within its limit"],
    [["stop", "cuts the power at a limit; the original failed"]],
  ),
  ...rows(
    "driver generic",
    [generic, "offers each flag of docker-machine with its variable and default"],
    [
      "--generic-ip-address (GENERIC_IP_ADDRESS)",
      "--generic-ssh-user (GENERIC_SSH_USER)",
      "--generic-ssh-port (GENERIC_SSH_PORT)",
      "--generic-ssh-key (GENERIC_SSH_KEY)",
      "--generic-engine-port (GENERIC_ENGINE_PORT)",
    ],
  ),
  ...rows("driver generic", [generic, "needs an address that can be one"], ["no address: an error"]),
  ...rows(
    "driver generic",
    [generic, "keeps the key in the machine's directory under its own name"],
    ["the key is copied under its own name; none: ssh's defaults and agent"],
  ),
  ...rows(
    "driver generic",
    [generic, "refuses a key that cannot be read before anything is made"],
    ["a key that is not there: exit 3"],
  ),
  ...rows(
    "driver generic",
    [generic, "is Stopped where no SSH server answers"],
    [["Running or Stopped", "Running where an SSH server greets; the original took any open port for one"]],
  ),
  ...rows(
    "driver generic",
    [generic, "has the URL of its engine's own port, also for IPv6"],
    ["tcp://HOST:PORT, IPv6 in brackets"],
  ),
  ...rows(
    "driver generic",
    [generic, "does not %s a host that it does not own"],
    ["start, stop and kill: an error"],
  ),
  ...rows(
    "driver generic",
    [generic, "keeps no Swarm fields, as docker-machine's"],
    ["no Swarm fields in Driver"],
  ),
  ...rows("driver none", [none, "has the one flag of docker-machine, without a variable"], ["--url"]),
  ...rows(
    "driver none",
    [none, "has nothing to make and nothing to remove"],
    ["create and rm touch nothing"],
  ),
  ...rows(
    "driver none",
    [none, "runs always, and knows its address from the URL"],
    ["always Running", "ip is HOST:PORT of the URL"],
  ),
  ...rows("driver none", [none, "refuses to %s"], ["start, stop, kill and restart: an error"]),
  ...rows(
    "driver none",
    [none, "needs a URL, and takes only those of an engine"],
    [["a URL that cannot be one", "refused; the original took any text"]],
  ),
  ...missingRows(
    "other drivers",
    [list, "lists machines of drivers that are not here"],
    [
      [
        "drivers of clouds and other hypervisors",
        "amazonec2, azure, digitalocean, google, hyperv, vmware… are not here; their machines stay in the store and in ls",
      ],
      [
        "docker-machine-driver-NAME programs",
        "plugins are not run: their protocol lets any local user in; their machines stay in the store and in ls",
      ],
    ],
  ),
];
