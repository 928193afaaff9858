import { familyOf } from "./os-release.ts";
import { systemdProvisioner } from "./systemd.ts";

const manager = "$(command -v dnf || command -v yum)";

/** Fedora, whose own engine is packaged as moby-engine. Source: dnf(8). */
export const fedora = systemdProvisioner({
  name: "fedora",
  matches: (os) => os.get("ID") === "fedora",
  installPackage: `${manager} install -y moby-engine`,
  installCurl: `${manager} install -y curl`,
  upgradePackage: `${manager} upgrade -y moby-engine docker-ce docker-ce-cli containerd.io || ${manager} upgrade -y moby-engine || ${manager} upgrade -y docker-ce`,
});

/** RHEL and its likes (CentOS, Rocky, AlmaLinux, Oracle, Amazon): they package no engine of their own, but Docker does. Source: yum(8). */
export const redhat = systemdProvisioner({
  name: "redhat",
  matches: (os) => familyOf(os).some((id) => ["rhel", "centos", "ol", "fedora", "amzn"].includes(id)),
  installPackage: `curl -fsSL https://download.docker.com/linux/centos/docker-ce.repo -o /etc/yum.repos.d/docker-ce.repo &&
    ${manager} install -y docker-ce docker-ce-cli containerd.io || ${manager} install -y docker`,
  installCurl: `${manager} install -y curl`,
  upgradePackage: `${manager} upgrade -y docker-ce docker-ce-cli containerd.io`,
});
