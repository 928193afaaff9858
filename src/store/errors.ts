import { AppError } from "../kit/errors.ts";

/** Nothing in the store has this name. */
export const machineNotFound = (name: string) =>
  new AppError("MACHINE_NOT_FOUND", `no machine is named "${name}"`, {
    hint: "machine ls shows the machines there are; machine create makes one",
  });

/** The name is taken. */
export const machineExists = (name: string) =>
  new AppError("MACHINE_EXISTS", `there is already a machine named "${name}"`, {
    hint: `choose another name, or remove it with: machine rm ${name}`,
  });

/** A machine's directory without its record. */
export const recordMissing = (name: string) =>
  new AppError("RECORD_MISSING", `the directory of machine "${name}" holds no config.json`, {
    hint: `machine rm -f ${name} removes the directory`,
  });

/** Far more than any machine's record. */
export const recordTooBig = (bytes: number) =>
  new AppError("RECORD_INVALID", `config.json is too big for a machine's record (${bytes} bytes)`, {
    hint: "mend config.json in the machine's directory, or remove the machine with machine rm -f",
  });

/** The system refused to read a record. */
export const recordUnreadable = (reason: string, cause: unknown) =>
  new AppError("RECORD_UNREADABLE", `config.json cannot be read: ${reason}`, { cause });
