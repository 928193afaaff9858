/** PEM texts for the connections to engines. */
export interface EngineTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** Whether the engine's certificate must come from `ca` and name the address. */
  readonly verify: boolean;
}
