import { machineRows } from "./machine-rows.ts";
import type { Row } from "./row.ts";
import { storeRows } from "./store-rows.ts";

/** Every row of docs/compat.md. */
export const compatRows: readonly Row[] = [...machineRows, ...storeRows];
