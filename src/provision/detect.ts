import { arch } from "./arch.ts";
import { boot2docker } from "./boot2docker.ts";
import { debian, ubuntu } from "./debian.ts";
import type { OsRelease } from "./os-release.ts";
import type { Provisioner } from "./provisioner.ts";
import { fedora, redhat } from "./redhat.ts";
import { suse } from "./suse.ts";

/** Every provisioner, in the order in which they are asked: the narrow before the wide. */
const provisioners: readonly Provisioner[] = [boot2docker, ubuntu, debian, fedora, redhat, suse, arch];

/** The first provisioner that knows the system, or undefined. */
export function findProvisioner(os: OsRelease): Provisioner | undefined {
  return provisioners.find((one) => one.matches(os));
}

export const provisionerNames = (): string[] => provisioners.map(({ name }) => name);
