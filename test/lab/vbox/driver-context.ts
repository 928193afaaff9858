import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CreateHooks, DriverConfig, DriverContext, MadeResource } from "../../../src/driver/driver.ts";
import { systemClock } from "../../../src/kit/clock.ts";
import { AppError } from "../../../src/kit/errors.ts";
import { withLock } from "../../../src/kit/lock.ts";
import { silentLog } from "../../../src/kit/log.ts";
import type { VboxLab } from "./lab.ts";

/** A context whose VBoxManage is the lab's and whose machines greet at once: nothing has to boot. */
export async function labDriverContext(lab: VboxLab): Promise<DriverContext> {
  const storeRoot = join(lab.folder, "home/store");
  await mkdir(join(storeRoot, "machines"), { recursive: true });
  const iso = join(lab.folder, "home/empty.iso");
  await writeEmptyIso(iso);
  const none = (what: string) => async (): Promise<never> => {
    throw new AppError("NOT_IN_TEST", `this test has no ${what}`);
  };
  return {
    run: lab.runner,
    ssh: {
      run: none("guest"),
      waitForBanner: async () => undefined,
      async ensureKey(path) {
        await writeFile(path, "private key\n", { mode: 0o600 });
        await writeFile(`${path}.pub`, "ssh-rsa AAAA test\n");
        return "ssh-rsa AAAA test";
      },
    },
    engine: { request: none("engine"), address: "", remember: async () => undefined, load: none("engine") },
    images: { find: async ({ source }) => source || iso },
    clock: systemClock,
    log: silentLog,
    env: { ...lab.env },
    platform: "linux",
    arch: "x64",
    storeRoot,
    machineDir: (name) => join(storeRoot, "machines", name),
    withLock: (name, task) =>
      withLock(join(storeRoot, ".machine/locks", `${name}.lock`), task, { clock: systemClock }),
    progress: () => undefined,
  };
}

/** An image that looks like ISO 9660 and boots nothing. */
export async function writeEmptyIso(path: string): Promise<void> {
  const bytes = Buffer.alloc(64 * 1024);
  bytes.write("\x01CD001\x01", 0x8000, "latin1");
  await writeFile(path, bytes);
}

export function emptyConfig(ctx: DriverContext, name: string): DriverConfig {
  return {
    MachineName: name,
    StorePath: ctx.storeRoot,
    IPAddress: "",
    SSHUser: "docker",
    SSHPort: 0,
    SSHKeyPath: "",
    SwarmMaster: false,
    SwarmHost: "",
    SwarmDiscovery: "",
  };
}

/** A machine that was not made yet, in its folder. */
export async function reserveConfig(ctx: DriverContext, name: string): Promise<DriverConfig> {
  await mkdir(ctx.machineDir(name), { recursive: true });
  return emptyConfig(ctx, name);
}

/** Keeps what was announced, as the journal of a create does. */
export function recordingHooks(): CreateHooks & { made: MadeResource[] } {
  const made: MadeResource[] = [];
  return {
    made,
    alreadyMaking: [],
    othersMaking: async () => [],
    async making(resource) {
      made.push(resource);
    },
  };
}
