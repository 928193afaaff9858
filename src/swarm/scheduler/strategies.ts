import { binpackStrategy } from "./strategies/binpack.ts";
import { randomStrategy } from "./strategies/random.ts";
import { spreadStrategy } from "./strategies/spread.ts";
import type { Strategy } from "./strategy.ts";

/** Every strategy under the name that `--strategy` takes. */
export const strategies = {
  spread: spreadStrategy,
  binpack: binpackStrategy,
  random: randomStrategy,
} as const satisfies Record<string, Strategy>;

export type StrategyName = keyof typeof strategies;
