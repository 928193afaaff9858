import { driverRows } from "./driver-rows.ts";
import { machineRows } from "./machine-rows.ts";
import type { Row } from "./row.ts";
import { storeRows } from "./store-rows.ts";
import { swarmRows } from "./swarm-rows.ts";

/** Every row of docs/compat.md. */
export const compatRows: readonly Row[] = [...machineRows, ...driverRows, ...storeRows, ...swarmRows];
