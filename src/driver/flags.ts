interface FlagBase {
  /** Without dashes: "virtualbox-memory". */
  readonly name: string;
  readonly summary: string;
  /** Environment variable that gives the value where the command line does not. */
  readonly env?: string;
}

/** One flag of `machine create` that a driver adds, as data. */
export type FlagSpec =
  | (FlagBase & { readonly type: "string"; readonly default: string; readonly choices?: readonly string[] })
  | (FlagBase & { readonly type: "int"; readonly default: number })
  | (FlagBase & { readonly type: "bool" })
  | (FlagBase & { readonly type: "list" });

export type FlagValue = string | number | boolean | readonly string[];

/** The parsed values of a command's flags; a name that no spec declares is a bug and throws. */
export interface FlagValues {
  string(name: string): string;
  int(name: string): number;
  bool(name: string): boolean;
  list(name: string): readonly string[];
  /** True when the command line or the environment gave the value, false for the default. */
  isSet(name: string): boolean;
}
