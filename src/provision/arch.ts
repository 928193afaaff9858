import { familyOf } from "./os-release.ts";
import { systemdProvisioner } from "./systemd.ts";

/** Arch Linux and its likes. Source: pacman(8). */
export const arch = systemdProvisioner({
  name: "arch",
  matches: (os) => familyOf(os).includes("arch"),
  installPackage: "pacman -Sy --noconfirm --noprogressbar docker",
  installCurl: "pacman -Sy --noconfirm --noprogressbar curl",
  upgradePackage: "pacman -Sy --noconfirm --noprogressbar docker",
});
