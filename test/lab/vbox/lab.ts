import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type Run, RunError } from "../../../src/kit/process.ts";
import { isThere, membersOf, onlyChild, signalIfAlive } from "./processes.ts";

const here = dirname(fileURLToPath(import.meta.url));

/** A fault of the lab's VBoxManage; `match` is a pattern of the arguments joined by blanks. */
export interface LabFault {
  readonly match: string;
  /** The first matching call that is hit; default 1. */
  readonly nth?: number;
  /** How many calls are hit from there on; default 1. */
  readonly count?: number;
  readonly delayMs?: number;
  readonly exitCode?: number;
  /** In both, {vm} stands for the call's first word that is no option. */
  readonly stdout?: string;
  readonly stderr?: string;
  /** The work is done and then reported as failed. */
  readonly after?: boolean;
  /** Lines of the VM's log. */
  readonly vmLog?: readonly string[];
  /** The VM that this call starts dies. */
  readonly killAfterMs?: number;
}

export interface LabCall {
  readonly at: number;
  readonly args: readonly string[];
  readonly exitCode: number;
  readonly ms: number;
}

export interface LabOptions {
  /** Content of /etc/vbox/networks.conf; without it VirtualBox's built-in range holds. */
  readonly networksConf?: string;
}

export interface LabRunOptions {
  readonly env?: Record<string, string>;
  readonly cwd?: string;
  readonly timeoutMs?: number;
}

/** A program that runs inside a lab. */
export interface LabProcess {
  readonly child: ChildProcess;
  /** Sends a signal to the program, with `all` also to the programs that it runs, as Ctrl-C in a terminal does. */
  signal(signal: NodeJS.Signals, to: "program" | "all"): Promise<void>;
}

/** A place where VBoxManage works: network, mounts, processes and VirtualBox's own files are the lab's. */
export interface VboxLab extends AsyncDisposable {
  /** Everything the lab keeps; tests may use `<folder>/home`. */
  readonly folder: string;
  /** Runs a program inside; never rejects for its exit code. */
  run(
    file: string,
    args: readonly string[],
    options?: LabRunOptions,
  ): Promise<{ exitCode: number; stdout: string; stderr: string }>;
  /** Starts a program inside. */
  spawn(file: string, args: readonly string[], options?: Pick<LabRunOptions, "env">): LabProcess;
  /** The same as the runner that a driver's context has. */
  readonly runner: Run;
  /** Environment of programs inside. */
  readonly env: Readonly<Record<string, string>>;
  calls(): Promise<LabCall[]>;
  forgetCalls(): Promise<void>;
  /** Replaces the faults and sets their counts to zero. */
  setFaults(faults: readonly LabFault[]): Promise<void>;
  /** No DHCP server answers from now on. */
  stopDhcp(): Promise<void>;
  down(): Promise<void>;
}

/** The chroot with the real VirtualBox; made when it is missing, which takes minutes. */
async function vboxChroot(): Promise<string> {
  const cache = process.env["MACHINE_TEST_CACHE"] ?? "/var/cache/machine";
  const folder = join(cache, "vbox-sid");
  await execute(join(here, "make-chroot.sh"), [folder], 1_200_000);
  return folder;
}

/** Why no lab can be had here; undefined when one can. */
export function labMissing(): string | undefined {
  if (process.platform !== "linux") return "the VirtualBox lab needs Linux";
  return process.getuid?.() === 0 ? undefined : "the VirtualBox lab needs root";
}

/** Brings a lab up; `down` ends all its processes and removes its folder. */
export async function startLab(options: LabOptions = {}): Promise<VboxLab> {
  const chroot = await vboxChroot();
  const folder = await mkdtemp("/tmp/vboxlab-");
  for (const name of ["home", "vbox", "state", "root", "etc-vbox"]) await mkdir(join(folder, name));
  for (const path of ["/etc/vbox", join(chroot, "etc/vbox"), join(chroot, "home"), join(chroot, "mnt")]) {
    await mkdir(path, { recursive: true });
  }
  if (options.networksConf !== undefined) {
    await writeFile(join(folder, "etc-vbox/networks.conf"), options.networksConf);
  }
  const lab = new Lab(folder);
  try {
    await lab.start(chroot);
  } catch (error) {
    await lab.down();
    throw error;
  }
  return lab;
}

class Lab implements VboxLab {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly runner: Run;
  private outerPid = 0;
  private initPid = 0;

  constructor(folder: string) {
    this.folder = folder;
    this.env = {
      HOME: join(folder, "home"),
      PATH: `${join(here, "bin")}:${process.env["PATH"] ?? ""}`,
      USER: "root",
      LOGNAME: "root",
      VBOXLAB_DIR: folder,
      VBOX_USER_HOME: join(folder, "vbox"),
      VBOX_IPC_SOCKETID: folder.slice("/tmp/".length),
      VIRTUALBOX_NO_VTX_CHECK: "true",
    };
    this.runner = async (file, args, options = {}) => {
      const started = performance.now();
      const env = Object.fromEntries(
        Object.entries(options.env ?? {}).map(([key, value]) => [key, value ?? ""]),
      );
      const result = await this.run(file, args, { env, timeoutMs: options.timeoutMs ?? 120_000 });
      const command = [file, ...args].join(" ");
      if (result.exitCode === 127)
        throw new RunError("notFound", command, `the program "${file}" was not found`, result);
      if (!(options.okCodes ?? [0]).includes(result.exitCode)) {
        throw new RunError("exit", command, `${command} failed: ${result.stderr}`, result);
      }
      return { ...result, durationMs: performance.now() - started };
    };
  }

  async start(chroot: string): Promise<void> {
    const outer = spawn(
      "unshare",
      ["--mount", "--net", "--pid", "--fork", "--kill-child", "--propagation", "private"].concat([
        join(here, "init.sh"),
        this.folder,
        chroot,
      ]),
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    let complaint = "";
    outer.stderr.on("data", (bytes) => {
      complaint += bytes;
    });
    outer.unref();
    this.outerPid = outer.pid ?? 0;
    await until(
      async () => (await readdir(this.folder)).includes("ready"),
      30_000,
      () => `no lab: ${complaint}`,
    );
    this.initPid = await onlyChild(this.outerPid);
    const service = await this.run("node", [join(here, "shim/up.mjs")], { timeoutMs: 60_000 });
    if (service.exitCode !== 0) throw new Error(`VBoxSVC does not start: ${service.stderr}`);
  }

  run(file: string, args: readonly string[], options: LabRunOptions = {}) {
    const words = [...this.enter(options), "env", file, ...args];
    return execute("nsenter", words, options.timeoutMs ?? 600_000, this.envWith(options));
  }

  spawn(file: string, args: readonly string[], options: Pick<LabRunOptions, "env"> = {}): LabProcess {
    const child = spawn("nsenter", [...this.enter(options), file, ...args], {
      env: this.envWith(options),
      stdio: ["ignore", "pipe", "pipe"],
      detached: true, // a process group of its own
    });
    const outer = child.pid ?? 0;
    return {
      child,
      async signal(signal, to) {
        let program = 0;
        await until(
          async () => {
            program = await onlyChild(outer).catch(() => 0);
            return program > 0 || child.exitCode !== null;
          },
          30_000,
          () => "the program does not start",
        );
        const others = to === "all" ? await membersOf(outer) : [];
        for (const pid of new Set([program, ...others])) {
          if (pid > 0 && pid !== outer) signalIfAlive(pid, signal);
        }
      },
    };
  }

  /** Arguments of nsenter. */
  private enter({ cwd = process.cwd() }: LabRunOptions): string[] {
    return ["--target", String(this.initPid), "--mount", "--net", "--pid", `--wdns=${cwd}`, "--"];
  }

  private envWith(options: LabRunOptions): NodeJS.ProcessEnv {
    const env = { ...process.env, ...this.env, ...options.env };
    for (const name of ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"]) delete env[name];
    return env;
  }

  async calls(): Promise<LabCall[]> {
    const text = await readFile(join(this.folder, "calls.jsonl"), "utf8").catch(() => "");
    return text
      .split("\n")
      .filter(Boolean)
      .map((line): LabCall => JSON.parse(line));
  }

  async forgetCalls(): Promise<void> {
    await rm(join(this.folder, "calls.jsonl"), { force: true });
  }

  async setFaults(faults: readonly LabFault[]): Promise<void> {
    await writeFile(join(this.folder, "faults.json"), JSON.stringify(faults));
    await rm(join(this.folder, "state/fault-counts.json"), { force: true });
  }

  async stopDhcp(): Promise<void> {
    await writeFile(join(this.folder, "state/no-dhcp"), "");
  }

  /** The end of the first process is the end of the namespaces and of all that runs in them. */
  async down(): Promise<void> {
    if (this.outerPid > 0) {
      // unshare's own end ends its child; its child's end ends everything else
      for (const pid of [this.initPid, this.outerPid]) if (pid > 0) signalIfAlive(pid);
      await until(
        async () => !(await isThere(this.outerPid)),
        30_000,
        () => "the lab does not end",
      );
    }
    await rm(`/tmp/.vbox-${this.env["VBOX_IPC_SOCKETID"]}-ipc`, { recursive: true, force: true });
    await rm(this.folder, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.down();
  }
}

async function until(ask: () => Promise<boolean>, timeoutMs: number, complaint: () => string): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!(await ask())) {
    if (performance.now() > end) throw new Error(complaint());
    await delay(50);
  }
}

function execute(
  file: string,
  args: readonly string[],
  timeout: number,
  env: NodeJS.ProcessEnv = process.env,
): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    execFile(file, args, { timeout, env, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error === null) resolve({ exitCode: 0, stdout, stderr });
      else if (typeof error.code === "number") resolve({ exitCode: error.code, stdout, stderr });
      else reject(new Error(`${file} ${args.join(" ")}: ${error.message}\n${stderr}`));
    });
  });
}
