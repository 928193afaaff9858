import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Env, RunResult } from "../../src/kit/process.ts";
import { type Lab, type LabEngine, openLab } from "../lab/engines.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
export const machineProgram = join(root, "bin", "machine.js");
const anyCode = Array.from({ length: 256 }, (_, code) => code);

/** Time limits for VMs under software emulation on a busy computer. */
export const emulationLimits = {
  MACHINE_TIMEOUT_SSH: "600",
  MACHINE_TIMEOUT_ENGINE: "600",
  MACHINE_TIMEOUT_TLS: "120",
  MACHINE_TIMEOUT_ADDRESS: "120",
} as const;

/** Where built images are kept between test runs. */
export const imageCache =
  process.env["MACHINE_IMAGE_CACHE"] ??
  join(process.env["MACHINE_TEST_CACHE"] ?? "/var/cache/machine", "images");

export interface MachineLab {
  readonly lab: Lab;
  /** The user's own engine. */
  readonly engine: LabEngine;
  readonly env: Env;
  readonly store: string;
  /** Runs the built program inside the lab; any exit code is an answer. */
  machine(...args: readonly string[]): Promise<RunResult>;
  /** The same, and fails with what was printed unless the exit code is 0; gives stdout. */
  ok(...args: readonly string[]): Promise<string>;
  /** A bash script inside the lab, with `machine` as a command; any exit code is an answer. */
  bash(script: string, env?: Env): Promise<RunResult>;
  close(): Promise<void>;
}

/** A lab with an engine as on a user's computer, an empty store, and the program from the bundle. */
export async function openMachineLab(): Promise<MachineLab> {
  const lab = await openLab();
  try {
    const engine = await lab.engine();
    const store = join(lab.dir, "store");
    const env: Env = {
      DOCKER_HOST: engine.address,
      MACHINE_STORAGE_PATH: store,
      MACHINE_IMAGE_CACHE: imageCache,
      HOME: lab.dir,
      SHELL: "/bin/bash",
      NO_COLOR: "1",
    };
    const limit = { timeoutMs: 300_000, okCodes: anyCode };
    const machine = (...args: readonly string[]) =>
      lab.run(process.execPath, [machineProgram, ...args], { env, ...limit });
    return {
      lab,
      engine,
      env,
      store,
      machine,
      async ok(...args) {
        const result = await machine(...args);
        if (result.exitCode !== 0) throw new Error(told(`machine ${args.join(" ")}`, result));
        return result.stdout;
      },
      bash: (script, more = {}) =>
        lab.run("bash", ["-c", `machine() { "${process.execPath}" "${machineProgram}" "$@"; }\n${script}`], {
          env: { ...env, ...more },
          ...limit,
        }),
      close: () => lab.close(),
    };
  } catch (error) {
    await lab.close();
    throw error;
  }
}

/** What a command printed, for a failing test. */
export function told(what: string, result: RunResult): string {
  return `${what}: exit code ${result.exitCode}\n${result.stdout}\n${result.stderr}`;
}

/** A shell line that makes the image busybox:latest of Debian's busybox-static on the engine of the environment. */
export const importBusybox = `dir=$(mktemp -d) && mkdir -p "$dir/bin" && cp /bin/busybox "$dir/bin/" &&
for applet in sh httpd cat echo sleep ls true wget; do ln -s busybox "$dir/bin/$applet"; done &&
tar -C "$dir" -c . | docker import -c 'CMD ["sh"]' - busybox:latest >/dev/null; rm -rf "$dir"`;
