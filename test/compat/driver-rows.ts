import { type Row, rows } from "./row.ts";

const flags = "test/unit/drivers/virtualbox/flags.test.ts";

/** The flags of docker-machine's drivers. */
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
];
