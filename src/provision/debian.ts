import { familyOf } from "./os-release.ts";
import { type Distribution, systemdProvisioner } from "./systemd.ts";

const apt = "DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=180 -y -q";

const family = (name: string): Distribution => ({
  name,
  matches: (os) => familyOf(os).includes(name),
  installPackage: `apt-get update -q && ${apt} install --no-install-recommends docker.io iptables $(apt-cache show docker-cli >/dev/null 2>&1 && echo docker-cli)`,
  installCurl: `apt-get update -q && ${apt} install --no-install-recommends curl ca-certificates`,
  upgradePackage: `apt-get update -q && ${apt} install --only-upgrade $(dpkg-query -W -f '\${Package}\\n' docker-ce docker-ce-cli docker.io containerd.io 2>/dev/null)`,
});

/** Ubuntu and what names it in ID_LIKE (Mint, Pop!_OS). Source: apt-get(8). */
export const ubuntu = systemdProvisioner(family("ubuntu"));

/** Debian and what names it in ID_LIKE (Raspbian, Kali). */
export const debian = systemdProvisioner(family("debian"));
