import { isAppError } from "#kit/errors";
import { noKernelDriver, vboxTooOld, vboxUnreadableVersion } from "./errors.ts";
import type { VBoxManage } from "./vboxmanage.ts";

export interface VBoxVersion {
  readonly text: string;
  readonly major: number;
  readonly minor: number;
}

/** Finds the line like "7.2.22_Debianr175245" among warnings of the start-up script. */
export function parseVersion(output: string): VBoxVersion | undefined {
  const match = /^(\d+)\.(\d+)\.\S*$/m.exec(output.replaceAll("\r", ""));
  if (match === null) return undefined;
  return { text: match[0], major: Number(match[1]), minor: Number(match[2]) };
}

export function isAtLeast(version: VBoxVersion, major: number, minor: number): boolean {
  return version.major > major || (version.major === major && version.minor >= minor);
}

/** Does the start-up script say that the kernel driver is missing? Debian's prints it on stdout, Oracle's on stderr. */
export function tellsOfMissingDriver(output: string): boolean {
  return /WARNING:[^\n]*vboxdrv/.test(output);
}

/**
 * The version, of an installation that can start VMs.
 * @throws VBOX_NOT_FOUND, VBOX_TOO_OLD, VBOX_UNUSABLE, VBOX_NO_KERNEL_DRIVER
 */
export async function requireUsable(vbox: VBoxManage): Promise<VBoxVersion> {
  const { stdout, stderr } = await vbox(["--version"], { timeoutMs: 10_000 });
  const output = `${stdout}\n${stderr}`;
  const version = parseVersion(output);
  if (version === undefined) throw vboxUnreadableVersion(output);
  if (!isAtLeast(version, 5, 2)) throw vboxTooOld(version.text);
  if (tellsOfMissingDriver(output)) throw noKernelDriver();
  return version;
}

/** As `requireUsable`, with the failure as an answer. */
export async function checkUsable(
  vbox: VBoxManage,
): Promise<{ usable: boolean; version?: string; reason?: string; hint?: string }> {
  try {
    return { usable: true, version: (await requireUsable(vbox)).text };
  } catch (error) {
    if (!isAppError(error)) throw error;
    return {
      usable: false,
      reason: error.message,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    };
  }
}
