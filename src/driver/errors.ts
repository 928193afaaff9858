import { AppError } from "../kit/errors.ts";

/** The machine is off; `ls` shows no error for it. */
export const hostNotRunning = (name: string) =>
  new AppError("HOST_NOT_RUNNING", `machine "${name}" is not running`, { hint: `machine start ${name}` });

/** The driver has no such operation (start of a generic host). */
export const notSupported = (driver: string, operation: string) =>
  new AppError("NOT_SUPPORTED", `the ${driver} driver cannot ${operation} a machine`);
