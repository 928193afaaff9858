import type { MachineState } from "../driver/driver.ts";
import { AppError } from "../kit/errors.ts";
import { poll } from "../kit/retry.ts";
import { ensureClientCertificates, serverProblems } from "./certificates.ts";
import { waitForEngine } from "./engine-wait.ts";
import { alreadyInState, hostGone } from "./errors.ts";
import type { LifecycleHooks } from "./lifecycle.ts";
import type { Machine } from "./machine.ts";
import { addressesOf, connect, provisionMachine } from "./provisioning.ts";
import { runStep } from "./steps.ts";

const stateNotReached = (name: string, wanted: string, state: string) =>
  new AppError("STATE_NOT_REACHED", `machine "${name}" did not become ${wanted}; it is "${state}"`);

/** Boots a machine that is off, and waits until it can be used. */
export async function start(machine: Machine, hooks: LifecycleHooks): Promise<void> {
  const state = await presentState(machine);
  if (state === "Running") throw alreadyInState(machine.name, "running");
  await powerStep(machine, "start", "Starting", () => machine.driver.start());
  await becomeReady(machine, hooks);
}

/** Reboots a machine; one that is off or asleep is started. */
export async function restart(machine: Machine, hooks: LifecycleHooks): Promise<void> {
  const state = await presentState(machine);
  await powerStep(machine, "restart", "Restarting", () =>
    state === "Running" ? machine.driver.restart() : machine.driver.start(),
  );
  await becomeReady(machine, hooks);
}

/** Shuts a machine down; its power is cut after the limit. */
export async function stop(machine: Machine, timeoutMs: number): Promise<void> {
  const state = await presentState(machine);
  if (state === "Stopped") throw alreadyInState(machine.name, "stopped");
  await powerStep(machine, "stop", "Stopping", () => machine.driver.stop({ timeoutMs }));
  await waitForState(machine, "Stopped");
  await machine.save();
}

/** Cuts a machine's power. */
export async function kill(machine: Machine): Promise<void> {
  const state = await presentState(machine);
  if (state === "Stopped") throw alreadyInState(machine.name, "stopped");
  await powerStep(machine, "kill", "Killing", () => machine.driver.kill());
  await waitForState(machine, "Stopped");
  await machine.save();
}

async function presentState(machine: Machine): Promise<MachineState> {
  const state = await machine.driver.state();
  if (state === "NotFound") throw hostGone(machine.name);
  return state;
}

async function powerStep(
  machine: Machine,
  id: string,
  verb: string,
  task: () => Promise<void>,
): Promise<void> {
  await machine.disconnect();
  await runStep(machine.ctx, machine.name, { id, title: `${verb} "${machine.name}"` }, task);
}

async function waitForState(machine: Machine, wanted: MachineState): Promise<void> {
  const { clock, deadlines, signal } = machine.ctx;
  let state: MachineState = "";
  const reached = await poll(
    async () => {
      state = await machine.driver.state();
      return state === wanted ? true : undefined;
    },
    {
      clock,
      timeoutMs: wanted === "Running" ? deadlines.sshMs : deadlines.stopMs,
      intervalMs: 100,
      maxIntervalMs: 1_000,
      ...(signal === undefined ? {} : { signal }),
    },
  );
  if (reached !== true) throw stateNotReached(machine.name, wanted, state);
}

/**
 * After boot: the record has the new address, the server certificate holds it, and the engine answers. A certificate
 * that does not serve any more is renewed here, which takes a run of the provisioner.
 */
async function becomeReady(machine: Machine, hooks: LifecycleHooks): Promise<void> {
  await waitForState(machine, "Running");
  if (!machine.module.features.hasHost) {
    await machine.save();
    return;
  }
  const { ctx, name, record } = machine;
  await runStep(ctx, name, { id: "ssh", title: "Waiting for SSH" }, () => connect(machine));
  const addresses = await addressesOf(machine);
  await machine.save();
  await ensureClientCertificates(ctx, record.HostOptions.AuthOptions);
  const problems = await serverProblems(ctx, record, addresses);
  if (problems.length > 0) {
    const title = "Renewing the server certificate";
    await runStep(ctx, name, { id: "certificate", title }, () => provisionMachine(machine));
  }
  await runStep(ctx, name, { id: "engine", title: "Waiting for the engine" }, async () => {
    await waitForEngine(machine);
  });
  await hooks.started?.(machine, { addressChanged: problems.includes("addressMissing") });
}
