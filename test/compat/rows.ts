import { behaviourRows } from "./behaviour-rows.ts";
import { driverRows } from "./driver-rows.ts";
import { lsRows } from "./ls-rows.ts";
import { machineRows } from "./machine-rows.ts";
import { remoteRows } from "./remote-rows.ts";
import type { Row } from "./row.ts";
import { storeRows } from "./store-rows.ts";
import { swarmRows } from "./swarm-rows.ts";

/** Every row of docs/compat.md. */
export const compatRows: readonly Row[] = [
  ...machineRows,
  ...lsRows,
  ...remoteRows,
  ...driverRows,
  ...storeRows,
  ...behaviourRows,
  ...swarmRows,
];
