import { AppError, isAppError } from "#kit/errors";
import { poll } from "#kit/retry";
import { noVirtualization } from "./errors.ts";
import type { VmInfo } from "./parse.ts";
import { readVmLog, reasonInLog, stateOf, tellsOfMissingVirtualization, type Vm, vmInfo } from "./vm.ts";

/** How long a VM that shuts down, or whose state is being saved, is waited for. */
const stoppingMs = 60_000;

/** Powers the VM on, or wakes it from its saved state. */
export async function powerOn(vm: Vm): Promise<void> {
  vm.ctx.progress("starting the VM");
  try {
    await vm.vbox(["startvm", vm.name, "--type", vm.config.UIType], { timeoutMs: 180_000 });
  } catch (error) {
    if (!isAppError(error)) throw error;
    throw await explainStartFailure(vm, error);
  }
  if (!vm.config.NoVTXCheck && tellsOfMissingVirtualization(await readVmLog(vm))) throw noVirtualization();
}

/** A failed `startvm` together with what VirtualBox's log says of it. */
async function explainStartFailure(vm: Vm, error: AppError): Promise<AppError> {
  const reason = reasonInLog(await readVmLog(vm));
  if (reason === "" || error.message.includes(reason)) return error;
  return new AppError(error.code, `${error.message}\nVBox.log: ${reason}`, {
    cause: error,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  });
}

/**
 * Brings a VM that cannot be started as it is to a state in which it can: one that goes down is waited for, one that
 * hangs (VirtualBox's "guru meditation") is cut off.
 * @returns what the VM is then
 */
export async function comeToRest(vm: Vm, info: VmInfo): Promise<VmInfo> {
  const state = stateOf(info);
  if (state === "Error") await cutPower(vm);
  else if (state === "Stopping") await becomesOff(vm, stoppingMs);
  else return info;
  return (await vmInfo(vm)) ?? info;
}

/** Presses the power button, again every ten seconds (a guest that boots does not hear it), then cuts the power. */
export async function shutDown(vm: Vm, timeoutMs: number): Promise<void> {
  const { clock, signal } = vm.ctx;
  const end = clock.monotonic() + timeoutMs;
  while (clock.monotonic() < end) {
    if (!(await pressPowerButton(vm))) return;
    const left = Math.max(end - clock.monotonic(), 0);
    if (await becomesOff(vm, Math.min(left, 10_000))) return;
    signal?.throwIfAborted();
  }
  vm.ctx.progress("the machine does not shut down by itself: cutting its power");
  await cutPower(vm);
}

/** @returns false when the VM is off already; one that has no ear for it (it starts, it hangs) is on */
async function pressPowerButton(vm: Vm): Promise<boolean> {
  try {
    await vm.vbox(["controlvm", vm.name, "acpipowerbutton"]);
    return true;
  } catch (error) {
    if (!isAppError(error)) throw error;
    vm.ctx.log.debug(`the power button of ${vm.name} was not heard: ${error.message}`);
    return !(await isOff(vm));
  }
}

/** Off at once; a VM that is off already is fine. */
export async function cutPower(vm: Vm): Promise<void> {
  try {
    await vm.vbox(["controlvm", vm.name, "poweroff"]);
  } catch (error) {
    if (!isAppError(error) || !(await isOff(vm))) throw error;
  }
  await becomesOff(vm, 30_000);
}

async function becomesOff(vm: Vm, timeoutMs: number): Promise<boolean> {
  const off = await poll(async () => ((await isOff(vm)) ? true : undefined), {
    clock: vm.ctx.clock,
    timeoutMs,
    intervalMs: 300,
    maxIntervalMs: 2_000,
    ...(vm.ctx.signal === undefined ? {} : { signal: vm.ctx.signal }),
  });
  return off === true;
}

async function isOff(vm: Vm): Promise<boolean> {
  return ["Stopped", "Saved", "NotFound"].includes(stateOf(await vmInfo(vm)));
}
