import type { ImageKind } from "./context.ts";
import { words } from "./words.ts";

/** Debian's release that all images are made from. */
export const suite = "trixie";
export const architecture = "amd64";

/** Repository and tag of each image that an engine loads. */
export const imageTags = {
  container: (engineVersion: string) => `machine/boot2docker:${engineVersion}`,
  swarm: () => "swarm:latest",
  etcd: () => "etcd:latest",
} as const satisfies Partial<Record<ImageKind, (version: string) => string>>;

/** What the root of a machine is made of; apt adds what these depend on. */
export const machinePackages = words(`
  base-files bash dash coreutils findutils grep sed gzip tar hostname util-linux mount libc-bin
  busybox-static procps xz-utils netbase docker.io docker-cli containerd runc iptables openssh-server
  openssh-sftp-server sudo rsync curl openssl ca-certificates iproute2 net-tools e2fsprogs fdisk kmod
  chrony
`);

/** Pulled in by dependencies, but of no use where no package is ever configured or removed. */
export const unwantedPackages = words(`
  adduser debconf libdebconfclient0 init-system-helpers sysvinit-utils runit-helper perl-base
  libtext-charwidth-perl libtext-wrapi18n-perl sensible-utils ucf systemd libsystemd-shared passwd
  login.defs libsemanage-common libsemanage2 libsepol2 base-passwd tzdata gcc-14-base
`);

/** Removed from the unpacked root: folders and files by path. */
export const unwantedPaths = words(`
  usr/share/man usr/share/info usr/share/locale usr/share/lintian usr/share/bash-completion usr/share/zsh
  usr/share/fish usr/share/bug usr/share/initramfs-tools usr/share/pam-configs usr/share/apport
  usr/share/doc-base usr/share/docker.io usr/share/menu usr/share/perl5 usr/share/polkit-1 usr/share/gdb
  usr/share/debconf usr/lib/systemd usr/lib/tmpfiles.d usr/lib/sysusers.d usr/lib/udev usr/lib/init
  usr/lib/mime usr/lib/x86_64-linux-gnu/gconv usr/lib/x86_64-linux-gnu/perl-base usr/lib/dpkg
  usr/lib/apparmor usr/bin/containerd-stress usr/bin/containerd-shim usr/bin/containerd-shim-runc-v1
  usr/bin/ctr etc/apparmor.d etc/systemd etc/logrotate.d etc/cron.d etc/cron.daily etc/dpkg etc/init
  etc/update-motd.d etc/ppp etc/dhcp etc/NetworkManager etc/kernel etc/ufw etc/chrony etc/init.d
  etc/default etc/pam.d etc/sudoers.d etc/ssh/sshd_config var/lib/dpkg var/cache
`);

/** What packages' own scripts would have linked: link → target. */
export const links: Readonly<Record<string, string>> = {
  "usr/sbin/iptables": "xtables-nft-multi",
  "usr/sbin/iptables-save": "xtables-nft-multi",
  "usr/sbin/iptables-restore": "xtables-nft-multi",
  "usr/sbin/ip6tables": "xtables-nft-multi",
  "usr/sbin/ip6tables-save": "xtables-nft-multi",
  "usr/sbin/ip6tables-restore": "xtables-nft-multi",
  "usr/bin/awk": "mawk",
  "usr/bin/which": "which.debianutils",
  "usr/sbin/init": "../bin/busybox",
  "etc/os-release": "../usr/lib/os-release",
  "etc/ssl/cert.pem": "certs/ca-certificates.crt",
  "var/run": "/run",
  "var/lock": "/run/lock",
};

/** Applets of busybox for which there is no program of their own. */
export const busyboxApplets = {
  "usr/bin": words(`
    less nc nslookup ping ping6 telnet time traceroute unzip vi wget xxd
    killall clear reset tty stty bc patch su
  `),
  "usr/sbin": words("arping halt poweroff reboot udhcpc acpid getty hwclock syslogd"),
} as const;

/** Folders that no package makes; mode in octal. */
export const folders: Readonly<Record<string, number>> = {
  "home/docker": 0o755,
  "home/docker/.ssh": 0o700,
  mnt: 0o755,
  media: 0o755,
  opt: 0o755,
  root: 0o700,
  run: 0o755,
  srv: 0o755,
  tmp: 0o1777,
  "usr/local/bin": 0o755,
  "usr/local/sbin": 0o755,
  "var/cache": 0o755,
  "var/empty": 0o755,
  "var/lib/boot2docker": 0o755,
  "var/lib/chrony": 0o755,
  "var/lib/docker": 0o711,
  "var/log": 0o755,
  "var/tmp": 0o1777,
};

/** Modes that a git checkout cannot keep. */
export const fileModes: Readonly<Record<string, number>> = {
  "etc/shadow": 0o600,
  "etc/sudoers.d/docker": 0o440,
};

/** Owners other than root: path → uid, gid. */
export const owners: Readonly<Record<string, readonly [number, number]>> = {
  "home/docker": [1000, 50],
  "home/docker/.ssh": [1000, 50],
  "var/lib/chrony": [102, 102],
};

/** The boot loader and the kernel. */
export const isoPackages = ["linux-image-amd64", "isolinux", "syslinux-common"] as const;

/** Kernel's own packages among those: the image itself; its helpers are not needed. */
export const kernelPackage = /^linux-image-\d/;
