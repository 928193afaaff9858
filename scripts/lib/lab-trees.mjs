// Trees of other Debian releases that the labs use: sid with the real VirtualBox, trixie with Docker 26.
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { must, say } from "./host.mjs";

/** Makes the trees that are missing below the cache folder; each appears whole or not at all. */
export async function ensureLabTrees(cacheDir) {
  mkdirSync(cacheDir, { recursive: true });
  await ensureTree(join(cacheDir, "vbox-sid"), "usr/lib/virtualbox/VBoxManage", vboxTree);
  await ensureTree(join(cacheDir, "trixie-docker"), "usr/sbin/dockerd", trixieTree);
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

/** Debian sid with VirtualBox: all of VBoxManage works but starting VMs and host-only interfaces. */
async function vboxTree(path) {
  const debootstrap = ["--variant=minbase", "--components=main,contrib", "sid", path];
  await must("the tree of Debian sid", "debootstrap", debootstrap, quiet);
  const policy = join(path, "usr", "sbin", "policy-rc.d");
  writeFileSync(policy, "#!/bin/sh\nexit 101\n");
  chmodSync(policy, 0o755);
  const packages = ["virtualbox", "virtualbox-source", "procps"];
  const install = [path, "apt-get", "install", "-y", "-qq", "--no-install-recommends", ...packages];
  await must("VirtualBox from Debian sid", "chroot", install, quiet);
}

/** Debian trixie with Docker 26, run from its tree. */
async function trixieTree(path) {
  const packages = "docker.io,docker-cli,containerd,runc,iptables,ca-certificates,iproute2,mount,kmod";
  const options = ["--mode=root", "--variant=minbase", "--skip=cleanup/apt", `--include=${packages}`];
  await must("the tree of Debian trixie", "mmdebstrap", [...options, "trixie", path], quiet);
}

const quiet = {
  stdio: ["ignore", "ignore", "inherit"],
  env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
};
