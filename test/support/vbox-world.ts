import { join } from "node:path";
import { writeEmptyIso } from "../lab/vbox/driver-context.ts";
import { startLab, type VboxLab } from "../lab/vbox/lab.ts";
import { type WatchedRun, watchRun } from "./interrupted.ts";
import { type StoreInventory, sorted, storeInventory } from "./inventory.ts";
import { imageCache, machineProgram } from "./machine-lab.ts";

/** The built program, an empty store and the real VBoxManage of a lab. */
export interface VboxWorld {
  readonly lab: VboxLab;
  readonly store: string;
  /** A file that passes for an ISO image and boots nothing. */
  readonly emptyIso: string;
  /** Runs the program; any exit code is an answer. */
  machine(args: readonly string[], env?: Record<string, string>): Promise<Ended>;
  /** Starts it, to be watched and ended by a signal. */
  watch(args: readonly string[], env?: Record<string, string>): VboxRun;
  /** A bash script with `machine` as a command, and DIR, a folder, and ISO, the empty image, as variables. */
  bash(script: string): Promise<Ended>;
  vboxManage(...args: readonly string[]): Promise<string>;
  /** All that commands may leave behind, once no call of VBoxManage runs any more. */
  inventory(): Promise<VboxInventory>;
}

export interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface VboxRun extends WatchedRun {
  /** `all`: also to the programs that it runs, as Ctrl-C in a terminal does. */
  signal(signal: NodeJS.Signals, to: "program" | "all"): Promise<void>;
}

/** Each a sorted list of words. */
export interface VboxInventory extends StoreInventory {
  readonly vms: readonly string[];
  /** Registered disks and discs, by path. */
  readonly media: readonly string[];
  readonly interfaces: readonly string[];
  /** Name, settings and fixed addresses of each. */
  readonly dhcpServers: readonly string[];
  /** Network interfaces of the kernel. */
  readonly links: readonly string[];
  /** All command lines in the lab. */
  readonly processes: readonly string[];
}

/** Opens a lab with an empty store; `lab.down()` ends it. */
export async function openVboxWorld(): Promise<VboxWorld> {
  const lab = await startLab();
  const store = join(lab.folder, "home/store");
  const emptyIso = join(lab.folder, "home/empty.iso");
  await writeEmptyIso(emptyIso);
  const settings = { MACHINE_STORAGE_PATH: store, MACHINE_IMAGE_CACHE: imageCache, NO_COLOR: "1" };
  const vboxManage = async (...args: readonly string[]) => {
    const { exitCode, stdout, stderr } = await lab.run("VBoxManage", args);
    if (exitCode !== 0) throw new Error(`VBoxManage ${args.join(" ")}: ${stderr}`);
    return stdout;
  };
  return {
    lab,
    store,
    emptyIso,
    machine: (args, env = {}) =>
      lab.run(process.execPath, [machineProgram, ...args], { env: { ...settings, ...env } }),
    watch(args, env = {}) {
      const started = lab.spawn(process.execPath, [machineProgram, ...args], {
        env: { ...settings, ...env },
      });
      return { ...watchRun(started.child), signal: started.signal };
    },
    bash(script) {
      const program = `machine() { "${process.execPath}" "${machineProgram}" "$@"; }\n`;
      const env = { ...settings, DIR: join(lab.folder, "home"), ISO: emptyIso };
      return lab.run("bash", ["-c", program + script], { env });
    },
    vboxManage,
    async inventory() {
      const processes = await quietProcesses(lab);
      const [vms, disks, discs, interfaces, dhcp, links] = await Promise.all([
        vboxManage("list", "vms"),
        vboxManage("list", "hdds"),
        vboxManage("list", "dvds"),
        vboxManage("list", "hostonlyifs"),
        vboxManage("list", "dhcpservers"),
        lab.run("ip", ["-o", "link"]),
      ]);
      const fields = (text: string, pattern: RegExp) =>
        sorted([...text.matchAll(pattern)].map((match) => match[1] ?? ""));
      return {
        ...storeInventory(store),
        vms: fields(vms, /^(".*") /gm),
        media: fields(disks + discs, /^Location:\s+(.*)$/gm),
        interfaces: fields(interfaces, /^Name:\s+(.*)$/gm),
        dhcpServers: sorted(dhcp.split(/^(?=NetworkName:)/m).map((block) => block.replaceAll(/\s+/g, " "))),
        links: fields(links.stdout, /^\d+: ([^:@]+)/gm),
        processes,
      };
    },
  };
}

/** What runs in the lab, once VBoxManage does not: a program that was killed may leave calls that go on. */
async function quietProcesses(lab: VboxLab): Promise<string[]> {
  const end = performance.now() + 120_000;
  for (;;) {
    const { stdout } = await lab.run("ps", ["-eo", "args="]);
    const lines = sorted(stdout.split("\n").filter((line) => !line.startsWith("ps -eo")));
    if (!lines.some((line) => /VBoxManage|vbox\/shim/.test(line))) return lines;
    if (performance.now() > end) throw new Error(`VBoxManage does not end:\n${lines.join("\n")}`);
  }
}
