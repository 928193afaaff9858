// Trees of Debian releases that the labs use: sid with the real VirtualBox, trixie with Docker 26, a bookworm that boots;
// and trixie's docker compose.
import { cpSync, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { must, root, say } from "./host.mjs";

/** Makes the trees that are missing below the cache folder; each appears whole or not at all. */
export async function ensureLabTrees(cacheDir) {
  mkdirSync(cacheDir, { recursive: true });
  const makeVbox = join(root, "test", "lab", "vbox", "make-chroot.sh");
  await must("the tree of Debian sid with VirtualBox", "sh", [makeVbox, join(cacheDir, "vbox-sid")], quiet);
  await ensureTree(join(cacheDir, "trixie-docker"), "usr/sbin/dockerd", trixieTree);
  await ensureTree(join(cacheDir, "debian-systemd"), "usr/sbin/dockerd", systemdTree);
  const trixie = join(cacheDir, "trixie-docker");
  await ensureTree(join(cacheDir, "compose"), "docker-compose", (path) => composePlugin(path, trixie));
}

async function ensureTree(path, mark, make) {
  if (existsSync(join(path, mark))) return;
  say(`making ${path} from Debian packages`);
  const unfinished = `${path}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  rmSync(path, { recursive: true, force: true });
  await make(unfinished);
  if (!existsSync(join(unfinished, mark))) throw new Error(`${unfinished} has no ${mark}`);
  renameSync(unfinished, path);
}

/** Debian trixie with Docker 26, run from its tree. */
async function trixieTree(path) {
  const packages = "docker.io,docker-cli,containerd,runc,iptables,ca-certificates,iproute2,mount,kmod";
  const options = ["--mode=root", "--variant=minbase", "--skip=cleanup/apt", `--include=${packages}`];
  await must("the tree of Debian trixie", "mmdebstrap", [...options, "trixie", path], quiet);
}

/** A Debian bookworm host that boots: systemd, sshd, sudo and the distribution's engine. */
async function systemdTree(path) {
  const packages = [
    ...["systemd", "systemd-sysv", "dbus", "openssh-server", "sudo", "docker.io", "iptables"],
    ...["ca-certificates", "iproute2", "curl", "procps", "kmod"],
  ];
  const options = [
    "--mode=root",
    "--variant=minbase",
    "--skip=cleanup/apt",
    `--include=${packages.join(",")}`,
  ];
  await must("the tree of Debian bookworm", "mmdebstrap", [...options, "bookworm", path], quiet);
  for (const folder of ["var/cache/apt", "var/lib/apt/lists"])
    rmSync(join(path, folder), { recursive: true, force: true });
}

/** The plugin docker-compose of Debian trixie, fetched by the tree's own apt. */
async function composePlugin(path, trixie) {
  const work = join(trixie, "compose-download");
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  const script = `cd /compose-download && { apt-get -qq download docker-compose || { apt-get -qq update && apt-get -qq download docker-compose; }; } &&
dpkg-deb -x docker-compose_*.deb tree`;
  await must("docker compose of Debian trixie", "chroot", [trixie, "sh", "-c", script], quiet);
  mkdirSync(path, { recursive: true });
  const plugin = join("usr", "libexec", "docker", "cli-plugins", "docker-compose");
  cpSync(join(work, "tree", plugin), join(path, "docker-compose"));
  rmSync(work, { recursive: true, force: true });
}

const quiet = {
  stdio: ["ignore", "ignore", "inherit"],
  env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
};
