import { join } from "node:path";
import { driver } from "../../drivers/virtualbox/driver.ts";
import type { DriverContext } from "../../src/driver/driver.ts";
import { labDriverContext, recordingHooks, reserveConfig } from "../../test/lab/vbox/driver-context.ts";
import { startLab, type VboxLab } from "../../test/lab/vbox/lab.ts";
import { machineProgram } from "../../test/support/program.ts";
import { timesOf, timesScript } from "./bash-times.ts";
import { median, round, seconds } from "./median.ts";
import { writeRecord } from "./startup.ts";
import { measureBooted } from "./vbox-booted.ts";

/** Seconds, where the name does not say otherwise. */
export interface VboxFigures {
  readonly [figure: string]: number;
}

/** The driver against the real VBoxManage of the lab: a create whose guest answers at once, and `ls` of 50 machines. */
export async function measureVbox(isFull: boolean): Promise<VboxFigures> {
  const quick = await inLab(async (lab) => ({ ...(await driverCreate(lab)), ...(await listFifty(lab)) }));
  // in a lab of its own: each call takes longer where 50 VMs are registered
  return { ...quick, ...(isFull ? await inLab(measureBooted) : {}) };
}

async function inLab(measure: (lab: VboxLab) => Promise<VboxFigures>): Promise<VboxFigures> {
  const lab = await startLab();
  try {
    return await measure(lab);
  } finally {
    await lab.down();
  }
}

async function driverCreate(lab: VboxLab): Promise<VboxFigures> {
  const plain = await labDriverContext(lab);
  let insideMs = 0;
  const ctx: DriverContext = {
    ...plain,
    async run(file, args, options) {
      const started = performance.now();
      try {
        return await plain.run(file, args, options);
      } finally {
        insideMs += performance.now() - started;
      }
    },
  };
  const config = {
    ...(await reserveConfig(ctx, "bench")),
    HostOnlyCIDR: "192.168.59.1/24",
    Memory: 64,
    DiskSize: 100,
    NoShare: true,
    NoVTXCheck: true,
  };
  const machine = driver.open(ctx, config);
  await lab.forgetCalls();
  const started = performance.now();
  await machine.create(recordingHooks());
  const wallMs = performance.now() - started;
  const calls = await lab.calls();
  await machine.remove();
  return {
    driverCreateCalls: calls.length,
    driverCreateVboxManage: seconds(calls.reduce((sum, { ms }) => sum + ms, 0)),
    // calls may overlap; what is left over is never less than nothing
    driverCreateOwn: seconds(Math.max(0, wallMs - insideMs)),
  };
}

async function listFifty(lab: VboxLab): Promise<VboxFigures> {
  const store = join(lab.folder, "home/fifty");
  for (let index = 0; index < 50; index += 1) writeRecord(store, `m${index}`, "virtualbox");
  const made = await lab.run("bash", [
    "-c",
    'for i in $(seq 0 49); do VBoxManage createvm --name m$i --basefolder "$1" --register >/dev/null || exit 1; done',
    "bash",
    join(lab.folder, "home/vms"),
  ]);
  if (made.exitCode !== 0) throw new Error(`no 50 VMs: ${made.stderr}`);
  const env = { MACHINE_STORAGE_PATH: store, MACHINE_DOCKER_HOST: "tcp://127.0.0.1:1" };
  const times: number[] = [];
  await lab.forgetCalls();
  for (let run = 0; run < 5; run += 1) {
    const listed = await lab.run(
      "bash",
      ["-c", timesScript, "bash", process.execPath, machineProgram, "ls", "--format", "{{.State}}"],
      { env },
    );
    const states = listed.stderr.trim().split("\n");
    if (listed.exitCode !== 0 || states.filter((state) => state === "Stopped").length !== 50) {
      throw new Error(`ls does not show 50 stopped machines:\n${listed.stderr}`);
    }
    times.push(timesOf(listed.stdout).wallMs);
  }
  const calls = await lab.calls();
  return {
    ls50Ms: round(median(times)),
    ls50Calls: calls.length / 5,
    ls50VboxManageMs: round(calls.reduce((sum, { ms }) => sum + ms, 0) / 5),
  };
}
