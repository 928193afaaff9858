import { AppError } from "../kit/errors.ts";

/** The name cannot be one of a machine; nothing was made. */
const machineNameInvalid = (name: string) =>
  new AppError("MACHINE_NAME_INVALID", `"${name}" cannot be the name of a machine`, {
    hint: "a name starts with a letter or digit and goes on with letters, digits, - and .",
  });

/** docker-machine's rule for names; throws MACHINE_NAME_INVALID. Also keeps paths inside the store. */
export function checkMachineName(name: string): void {
  // a directory entry holds at most 255 bytes, and temporary names beside it are longer than the name
  if (!/^[a-zA-Z0-9][a-zA-Z0-9\-.]*$/.test(name) || name.length > 200) throw machineNameInvalid(name);
}
