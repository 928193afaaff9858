import { familyOf } from "./os-release.ts";
import { systemdProvisioner } from "./systemd.ts";

/** openSUSE and SLE. Source: zypper(8). */
export const suse = systemdProvisioner({
  name: "suse",
  matches: (os) => familyOf(os).some((id) => /^(suse|opensuse.*|sles?.*)$/.test(id)),
  installPackage: "zypper -n install docker",
  installCurl: "zypper -n install curl",
  upgradePackage: "zypper -n update docker",
});
