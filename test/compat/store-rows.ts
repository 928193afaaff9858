import { missingRows, type Row, rows } from "./row.ts";

const store = "test/unit/store/file-store.test.ts";
const migrations = "test/unit/store/migrations.test.ts";
const create = "test/unit/machine/create.test.ts";
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
  ...rows(
    "store",
    [create, "makes a machine that is complete, over one connection"],
    [
      "machines/NAME/ca.pem",
      "machines/NAME/cert.pem",
      "machines/NAME/key.pem",
      "machines/NAME/server.pem",
      "machines/NAME/server-key.pem",
      "machines/NAME/id_rsa",
    ],
  ),
  ...rows(
    "store",
    ["test/unit/ssh/keys.test.ts", "makes an RSA pair that SSH clients read, once"],
    ["machines/NAME/id_rsa.pub"],
  ),
  ...rows(
    "store",
    [
      "test/unit/drivers/generic/driver.test.ts",
      "keeps the key in the machine's directory under its own name",
    ],
    ["machines/NAME/KEY of the driver generic"],
  ),
  ...rows(
    "store",
    [
      "test/contract/vbox-driver.test.ts",
      "writes a disk that VirtualBox and QEMU read, with the magic at its start",
    ],
    ["machines/NAME/disk.vmdk"],
  ),
  ...rows(
    "store",
    [
      "test/unit/image/finder.test.ts",
      "is docker-machine's own when none was built, and none that is damaged",
    ],
    ["cache/boot2docker.iso"],
  ),
  ...rows(
    "store",
    [store, "leaves no other file behind"],
    [["config.json while it is saved", "written beside and renamed over; the original removed it first"]],
  ),
  ...rows(
    "store",
    [store, "gives directories in byte order, without hidden ones, files and links"],
    ["which directories are machines"],
  ),
  ...rows(
    "store",
    [store, "refuses a name that is taken, by a directory or by anything else"],
    ["a name that is taken"],
  ),
  ...rows(
    "store",
    [store, "takes the machine's directory and nothing else"],
    ["rm leaves certs/ and cache/ alone"],
  ),
  ...rows(
    "store",
    [store, "goes to one of two who reserve the same name"],
    [["two programs at once", "locks below .machine/locks/; the original had none"]],
  ),
  ...rows(
    "store",
    [store, "finds its files at the new place"],
    [["a store that was moved", "its paths are found again; the original failed"]],
  ),
  ...rows(
    "store",
    [
      "test/unit/store/parse.test.ts",
      "matches keys whatever their case, and keeps the driver's own as they are",
    ],
    ["keys of config.json whatever their case"],
  ),
  ...rows(
    "store",
    ["test/unit/store/json.test.ts", "is printed with four blanks, escapes and no final newline"],
    ["Go's escapes in config.json"],
  ),
  ...rows(
    "store",
    ["test/unit/certs/generate.test.ts", "lasts 1080 days from five minutes ago, the seconds cut"],
    ["lifetime of certificates"],
  ),
  ...rows("store", ["test/unit/certs/generate.test.ts", "has a key of its own in PKCS#1"], ["form of keys"]),
  ...missingRows(
    "store",
    ["test/unit/cli/program.test.ts", "all global flags of docker-machine are taken"],
    [["no-error-report", "not looked at: nothing is ever reported to anybody"]],
  ),
];
