import { AppError } from "../kit/errors.ts";
import type { HostRecord } from "../store/record.ts";
import { ensureClientCertificates } from "./certificates.ts";
import type { MachineContext } from "./context.ts";
import { waitForEngine } from "./engine-wait.ts";
import { forAll } from "./errors.ts";
import { type Machine, withMachine } from "./machine.ts";
import { kill, restart, start, stop } from "./power.ts";
import { connect, provisionMachine } from "./provisioning.ts";
import { runStep } from "./steps.ts";

/** What src/cluster does at turns of a machine's life; all optional. */
export interface LifecycleHooks {
  /** The machine runs and its engine answers; `addressChanged`: its IP is another than before. */
  started?(machine: Machine, change: { addressChanged: boolean }): Promise<void>;
  /** The engine was provisioned anew and answers. */
  provisioned?(machine: Machine): Promise<void>;
  /** Before the host is removed; its errors are warnings. */
  removing?(machine: Machine): Promise<void>;
}

export type LifecycleAction =
  | "start"
  | "stop"
  | "kill"
  | "restart"
  | "provision"
  | "upgrade"
  | "regenerate-certs";

export interface LifecycleOptions {
  /** `regenerate-certs --client-certs`: a new CA and client certificate first, then every machine that runs. */
  readonly clientCerts?: boolean;
  readonly stopTimeoutMs?: number;
}

const noHost = (name: string, action: string) =>
  new AppError(
    "NO_HOST",
    `machine "${name}" has no host that could be reached by SSH: there is nothing to ${action}`,
  );

/**
 * Does one action to several machines at once. All are loaded first: when one cannot be, nothing is done.
 * @throws one AppError with every machine's error on a line of its own
 */
export async function actOnMachines(
  ctx: MachineContext,
  action: LifecycleAction,
  names: readonly string[],
  hooks: LifecycleHooks = {},
  options: LifecycleOptions = {},
): Promise<void> {
  const unique = [...new Set(names)];
  const records = await forAll(unique, (name) => ctx.store.get(name));
  if (action === "regenerate-certs" && options.clientCerts === true) {
    records.push(...(await rotateAuthority(ctx, records)));
  }
  await forAll(records, ({ Name }) => actOnOne(ctx, action, Name, hooks, options));
}

function actOnOne(
  ctx: MachineContext,
  action: LifecycleAction,
  name: string,
  hooks: LifecycleHooks,
  options: LifecycleOptions,
): Promise<void> {
  return ctx.store.withMachineLock(
    name,
    // loaded again: whoever held the lock may have changed the record
    async () =>
      withMachine(ctx, await ctx.store.get(name), (machine) => act(machine, action, hooks, options)),
    ctx.signal === undefined ? {} : { signal: ctx.signal },
  );
}

function act(
  machine: Machine,
  action: LifecycleAction,
  hooks: LifecycleHooks,
  options: LifecycleOptions,
): Promise<void> {
  switch (action) {
    case "start":
      return start(machine, hooks);
    case "stop":
      return stop(machine, options.stopTimeoutMs ?? machine.ctx.deadlines.stopMs);
    case "kill":
      return kill(machine);
    case "restart":
      return restart(machine, hooks);
    case "provision":
      return provision(machine, hooks, { renew: false });
    case "regenerate-certs":
      return provision(machine, hooks, { renew: true });
    case "upgrade":
      return upgrade(machine, hooks);
  }
}

async function provision(machine: Machine, hooks: LifecycleHooks, how: { renew: boolean }): Promise<void> {
  const { ctx, module, name, record } = machine;
  if (!module.features.hasHost) throw noHost(name, "provision");
  await ensureClientCertificates(ctx, record.HostOptions.AuthOptions);
  await runStep(ctx, name, { id: "ssh", title: "Waiting for SSH" }, () => connect(machine));
  await runStep(ctx, name, { id: "provision", title: `Provisioning "${name}"` }, () =>
    provisionMachine(machine, how),
  );
  await runStep(ctx, name, { id: "engine", title: "Waiting for the engine" }, async () => {
    await waitForEngine(machine);
  });
  await hooks.provisioned?.(machine);
  await machine.save();
}

async function upgrade(machine: Machine, hooks: LifecycleHooks): Promise<void> {
  const { ctx, driver, module, name } = machine;
  if (!module.features.hasHost) throw noHost(name, "upgrade");
  if ((await driver.state()) !== "Running" && module.features.hasPower) await start(machine, {});
  const { upgradeImage } = driver;
  if (upgradeImage !== undefined) {
    await machine.disconnect();
    await runStep(ctx, name, { id: "image", title: "Replacing the image" }, () => upgradeImage.call(driver));
    await machine.save();
  } else {
    const connection = await machine.ssh();
    await runStep(ctx, name, { id: "engine-upgrade", title: "Upgrading the engine" }, () =>
      ctx.upgradeEngine({
        connection,
        progress: (message) => ctx.report({ type: "detail", machine: name, message }),
      }),
    );
  }
  await provision(machine, hooks, { renew: false });
}

/**
 * Makes a new CA and client certificate.
 * @returns the other machines of the store that the new CA must reach: those that run; the rest is served at its next start
 */
async function rotateAuthority(ctx: MachineContext, named: readonly HostRecord[]): Promise<HostRecord[]> {
  const authorities = new Map(
    named.map((record) => {
      const auth = record.HostOptions.AuthOptions;
      return [auth.CaCertPath, auth] as const;
    }),
  );
  for (const auth of authorities.values()) await ensureClientCertificates(ctx, auth, { rotate: true });
  const others = (await ctx.store.loadAll()).flatMap(({ record }) =>
    record !== undefined &&
    authorities.has(record.HostOptions.AuthOptions.CaCertPath) &&
    !named.some(({ Name }) => Name === record.Name)
      ? [record]
      : [],
  );
  const running = await Promise.all(others.map((record) => isRunning(ctx, record)));
  return others.filter((_, index) => running[index]);
}

function isRunning(ctx: MachineContext, record: HostRecord): Promise<boolean> {
  return withMachine(ctx, record, async ({ driver, module }) => {
    if (!module.features.hasHost) return false;
    return (await driver.state().catch(() => "")) === "Running"; // a host that cannot be asked cannot be served
  });
}
