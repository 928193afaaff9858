import { dirname, isAbsolute, join, sep } from "node:path";
import type { AuthOptions, HostRecord, StoredDriver } from "./record.ts";

type Move = (path: string) => string;

/**
 * Mends the absolute paths of a record whose store was moved: what lies under the old root goes under the new one,
 * when the old store is gone. AuthOptions.StorePath always ends as the machine's directory, CertDir as the store's
 * (records migrated from old versions hold "." and "certs", or the root).
 * @param isStore tells whether a directory still holds machines
 */
export function rebasePaths(
  record: HostRecord,
  root: string,
  isStore: (root: string) => boolean,
): HostRecord {
  const gone = oldRootsOf(record).filter((old) => old !== root && !isStore(old));
  const move: Move = (path) => {
    const old = gone.find((candidate) => path === candidate || path.startsWith(candidate + sep));
    return old === undefined ? path : root + path.slice(old.length);
  };
  return {
    ...record,
    Driver: gone.length === 0 ? record.Driver : moveDriver(record.Driver, move),
    HostOptions: {
      ...record.HostOptions,
      AuthOptions: moveAuth(record.HostOptions.AuthOptions, record.Name, root, move),
    },
  };
}

function oldRootsOf(record: HostRecord): string[] {
  const auth = record.HostOptions.AuthOptions;
  const roots = [record.Driver.StorePath];
  if (dirname(auth.StorePath).endsWith(`${sep}machines`)) roots.push(dirname(dirname(auth.StorePath)));
  if (auth.CertDir.endsWith(`${sep}certs`)) roots.push(dirname(auth.CertDir));
  return [...new Set(roots)].filter((path) => isAbsolute(path) && dirname(path) !== path);
}

function moveDriver(driver: StoredDriver, move: Move): StoredDriver {
  const moved = Object.entries(driver).filter(
    ([, value]) => typeof value === "string" && move(value) !== value,
  );
  const changes = moved.map(([key, value]) => [key, move(String(value))]);
  return { ...driver, ...Object.fromEntries(changes) };
}

function moveAuth(auth: AuthOptions, name: string, root: string, move: Move): AuthOptions {
  const certs = join(root, "certs");
  const machine = join(root, "machines", name);
  const path = (text: string, standard: string) => (text === "" ? standard : move(text));
  return {
    ...auth,
    CertDir: isAbsolute(auth.CertDir) ? move(auth.CertDir) : certs,
    CaCertPath: path(auth.CaCertPath, join(certs, "ca.pem")),
    CaPrivateKeyPath: path(auth.CaPrivateKeyPath, join(certs, "ca-key.pem")),
    ClientCertPath: path(auth.ClientCertPath, join(certs, "cert.pem")),
    ClientKeyPath: path(auth.ClientKeyPath, join(certs, "key.pem")),
    ServerCertPath: path(auth.ServerCertPath, join(machine, "server.pem")),
    ServerKeyPath: path(auth.ServerKeyPath, join(machine, "server-key.pem")),
    StorePath: machine,
  };
}
