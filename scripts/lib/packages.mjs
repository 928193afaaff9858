// Debian packages by what they are for; installed by root on Debian or Ubuntu, told to everybody else.
import { isDebianLike, isRoot, must, outputOf, say, which } from "./host.mjs";

/** group → package → a program or file that shows it is there */
const groups = {
  engine: { "docker.io": "dockerd", iptables: "iptables", iproute2: "ip", "util-linux": "nsenter" },
  images: {
    "squashfs-tools": "mksquashfs",
    xorriso: "xorriso",
    zstd: "zstd",
    kmod: "depmod",
    "xz-utils": "xz",
    "debian-archive-keyring": "/usr/share/keyrings/debian-archive-keyring.gpg",
  },
  tests: {
    "qemu-system-x86": "qemu-system-x86_64",
    "qemu-utils": "qemu-img",
    seabios: "/usr/share/seabios/bios-256k.bin",
    "ipxe-qemu": "/usr/lib/ipxe/qemu/efi-e1000.rom",
    debootstrap: "debootstrap",
    mmdebstrap: "mmdebstrap",
    "busybox-static": "busybox",
    curl: "curl",
    "dnsmasq-base": "dnsmasq",
    nftables: "nft",
    "etcd-server": "etcd",
    "etcd-client": "etcdctl",
    zookeeper: "/usr/share/zookeeper/bin/zkServer.sh",
    "openssh-server": "/usr/sbin/sshd",
    "openssh-client": "ssh",
    fish: "fish",
    zsh: "zsh",
    tcsh: "tcsh",
    rsync: "rsync",
    sshfs: "sshfs",
    socat: "socat",
    procps: "ps",
    openssl: "openssl",
    python3: "python3",
  },
};

function isThere(mark) {
  return mark.startsWith("/") ? outputOf("test", ["-e", mark]) !== undefined : which(mark) !== undefined;
}

/** Installs what is missing of the named groups, or throws a text that says what to install. */
export async function ensurePackages(...names) {
  const wanted = names.flatMap((name) => Object.entries(groups[name]));
  const missing = wanted.filter(([, mark]) => !isThere(mark)).map(([name]) => name);
  if (missing.length === 0) return;
  if (!isRoot || !isDebianLike) {
    throw new Error(
      `these programs are missing: ${missing.join(", ")} (names of Debian's packages). ` +
        "As root on Debian or Ubuntu they are installed by this script; elsewhere install them first.",
    );
  }
  say(`installing Debian packages: ${missing.join(" ")}`);
  // RUNLEVEL=1 keeps invoke-rc.d from starting services that tests start themselves
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
  await must("refreshing the package lists", "apt-get", ["update", "-qq"], { env });
  const install = ["install", "-y", "-qq", "--no-install-recommends", ...missing];
  await must("installing packages", "apt-get", install, { env });
}
