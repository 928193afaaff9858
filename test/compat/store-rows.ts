import { type Row, rows } from "./row.ts";

const store = "test/unit/store/file-store.test.ts";
const migrations = "test/unit/store/migrations.test.ts";
const certs = "test/unit/certs/ensure.test.ts";

/** The files of docker-machine's store. */
export const storeRows: readonly Row[] = [
  ...rows(
    "store",
    [store, "has a directory, record and journal with narrow modes"],
    ["machines/NAME/", "config.json"],
  ),
  ...rows(
    "store",
    [store, "is written in docker-machine's form"],
    ["ConfigVersion 3, four blanks, no final newline"],
  ),
  ...rows(
    "store",
    [store, "keeps foreign keys, numbers and nulls of a record that another program wrote"],
    [["unknown keys", "kept; the original dropped them at every save"]],
  ),
  ...rows("store", [store, "leaves the object of an unknown driver as it was"], ["unknown drivers"]),
  ...rows(
    "store",
    [store, "gives the reason for each machine that cannot be loaded, and the others"],
    ["damaged config.json"],
  ),
  ...rows(
    "store",
    [migrations, "is kept as it was beside the new one, and migrated once"],
    ["config.json.bak"],
  ),
  ...rows(
    "store",
    [migrations, "becomes one of version 3, with its Swarm part and its paths"],
    ["ConfigVersion 0"],
  ),
  ...rows("store", [migrations, "has its CA key renamed and its root found"], ["ConfigVersion 1"]),
  ...rows(
    "store",
    [migrations, "has the driver's path turned from the machine's directory to the root"],
    ["ConfigVersion 2"],
  ),
  ...rows("store", [migrations, "from the future is not touched"], ["later ConfigVersion"]),
  ...rows(
    "store",
    [certs, "are made where there are none, with their modes"],
    ["certs/ca.pem", "certs/ca-key.pem", "certs/cert.pem", "certs/key.pem"],
  ),
];
