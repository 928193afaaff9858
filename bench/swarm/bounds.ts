import type { Figures } from "./measure.ts";

/** A figure that must not be missed. */
export interface Bound {
  readonly figure: keyof Figures;
  /** At 0 a figure is bad when it is above, for rates when it is below. */
  readonly limit: number;
  readonly isRate: boolean;
}

const most = (figure: keyof Figures, limit: number): Bound => ({ figure, limit, isRate: false });
const least = (figure: keyof Figures, limit: number): Bound => ({ figure, limit, isRate: true });

/** What is promised for 1,000 engines of 30 containers; for 100, the figures of Swarm 1.2.9 on two cores. */
export const bounds: Readonly<Record<number, readonly Bound[]>> = {
  100: [
    most("healthySeconds", 1.99),
    most("infoP50", 2),
    most("listP50", 39.4),
    most("listFilteredP50", 23.8),
    least("inspect1", 420),
    least("inspect10", 334),
    least("inspect50", 196),
    least("proxied1", 563),
    least("proxied10", 568),
    least("proxied50", 325),
    least("pairs1", 45.8),
    least("pairs10", 36.7),
    least("pairs50", 22.2),
    most("pairErrors", 0),
    most("rssMiB", 160),
  ],
  1000: [
    most("healthySeconds", 6),
    most("restCpuPercent", 10),
    most("infoP50", 20),
    most("listP50", 150),
    most("listP99", 400),
    least("listBytes", 25_000_000),
    least("inspect10", 1500),
    least("proxied10", 1500),
    least("pairs10", 150),
    most("pairs10P99", 500),
    least("pairs50", 150),
    most("pairs50P99", 500),
    most("pairErrors", 0),
    most("rssMiB", 500),
  ],
};

export function isMissed(bound: Bound, figures: Figures): boolean {
  const value = figures[bound.figure];
  return bound.isRate ? value < bound.limit : value > bound.limit;
}
