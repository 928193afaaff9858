import { join } from "node:path";
import type { VboxLab } from "../../test/lab/vbox/lab.ts";
import { emulationLimits, imageCache } from "../../test/support/machine-lab.ts";
import { machineProgram } from "../../test/support/program.ts";
import { timesOf, timesScript } from "./bash-times.ts";
import { round, seconds } from "./median.ts";
import type { VboxFigures } from "./vbox.ts";

const longestMs = 1_800_000;

/** VMs that boot under emulation: three creates one after the other, and a cluster of three at once. Takes minutes. */
export async function measureBooted(lab: VboxLab): Promise<VboxFigures> {
  await lab.forgetCalls();
  const master = await timed(lab, ["create", "-d", "virtualbox", "--swarm", "--swarm-master", "boss"]);
  const calls = await lab.calls();
  const logins = await machine(lab, [
    "ssh",
    "boss",
    "--",
    "sudo grep -c 'Accepted publickey' /var/log/sshd.log",
  ]);
  const one = await timed(lab, ["create", "-d", "virtualbox", "--swarm", "node-1"]);
  const two = await timed(lab, ["create", "-d", "virtualbox", "--swarm", "node-2"]);
  await machine(lab, ["rm", "-f", "node-2", "node-1", "boss"]);
  const cluster = await timed(lab, ["cluster", "create", "-d", "virtualbox", "three"]);
  await machine(lab, ["cluster", "rm", "-y", "three"]);
  const threeMs = master.wallMs + one.wallMs + two.wallMs;
  return {
    bootedMaster: seconds(master.wallMs),
    bootedMasterCalls: calls.length,
    bootedMasterVboxManage: seconds(calls.reduce((sum, { ms }) => sum + ms, 0)),
    bootedMasterSshLogins: Number(logins) - 1, // the one that asks is not counted
    bootedThree: seconds(threeMs),
    bootedThreeCpu: seconds(master.cpuMs + one.cpuMs + two.cpuMs),
    bootedCluster: seconds(cluster.wallMs),
    bootedClusterCpu: seconds(cluster.cpuMs),
    bootedClusterPerThree: round(cluster.wallMs / threeMs),
  };
}

/** CPU time is that of the program and of what it ran, guests not included. */
async function timed(lab: VboxLab, words: readonly string[]): Promise<{ wallMs: number; cpuMs: number }> {
  const script = ["bash", "-c", timesScript, "bash", process.execPath, machineProgram, ...words];
  return timesOf(await run(lab, script));
}

function machine(lab: VboxLab, words: readonly string[]): Promise<string> {
  return run(lab, [process.execPath, machineProgram, ...words]);
}

async function run(lab: VboxLab, [file = "", ...args]: readonly string[]): Promise<string> {
  const env = {
    MACHINE_STORAGE_PATH: join(lab.folder, "home/store"),
    MACHINE_IMAGE_CACHE: imageCache,
    ...emulationLimits,
  };
  const result = await lab.run(file, args, { env, timeoutMs: longestMs });
  if (result.exitCode !== 0) throw new Error(`${args.join(" ")} failed:\n${result.stderr}`);
  return result.stdout;
}
