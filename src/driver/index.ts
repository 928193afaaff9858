/** All that a driver may import of this program, besides `#kit/*`. */
export type * from "./driver.ts";
export { hostNotRunning, notSupported } from "./errors.ts";
export type { FlagSpec, FlagValue, FlagValues } from "./flags.ts";
