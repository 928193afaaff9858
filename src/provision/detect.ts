import { boot2docker } from "./boot2docker.ts";
import type { OsRelease } from "./os-release.ts";
import type { Provisioner } from "./provisioner.ts";

/** Every provisioner, in the order in which they are asked. */
const provisioners: readonly Provisioner[] = [boot2docker];

/** The first provisioner that knows the system, or undefined. */
export function findProvisioner(os: OsRelease): Provisioner | undefined {
  return provisioners.find((one) => one.matches(os));
}

export const provisionerNames = (): string[] => provisioners.map(({ name }) => name);
