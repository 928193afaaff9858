import { createHash } from "node:crypto";
import type { DriverModule } from "../driver/driver.ts";
import type { FlagValues } from "../driver/flags.ts";
import { AppError, messageOf } from "../kit/errors.ts";
import { RunError } from "../kit/process.ts";
import { machineExists } from "../store/errors.ts";
import type { Journal } from "../store/journal.ts";
import { checkMachineName } from "../store/name.ts";
import type { AuthOptions, EngineOptions, HostRecord, SwarmOptions } from "../store/record.ts";
import { copyClientCertificates, ensureClientCertificates } from "./certificates.ts";
import type { MachineContext } from "./context.ts";
import { CreateJournal } from "./create-journal.ts";
import { newDriverConfig, newHostOptions } from "./defaults.ts";
import { waitForEngine } from "./engine-wait.ts";
import { machineBusy } from "./errors.ts";
import { type Machine, withMachine } from "./machine.ts";
import { connect, provisionMachine } from "./provisioning.ts";
import { rollBack } from "./roll-back.ts";
import { runStep } from "./steps.ts";

/** What the user asked of `create`; options that are left out take docker-machine's defaults. */
export interface CreateRequest {
  readonly name: string;
  readonly driver: DriverModule;
  readonly flags: FlagValues;
  readonly engine?: Partial<EngineOptions>;
  readonly swarm?: Partial<SwarmOptions>;
  /** Paths of `--tls-…` and the list of `--tls-san`. */
  readonly auth?: Partial<
    Pick<
      AuthOptions,
      "CaCertPath" | "CaPrivateKeyPath" | "ClientCertPath" | "ClientKeyPath" | "ServerCertSANs"
    >
  >;
  /** Leaves everything as it is when the create fails. */
  readonly keep?: boolean;
}

/** A step that the caller adds (the swarm containers). */
export interface CreateStep {
  /** Stands in the journal and in progress events. */
  readonly id: string;
  readonly title: string;
  appliesTo(record: HostRecord): boolean;
  /** Before anything is made; an AppError stops the create. */
  validate?(record: HostRecord): Promise<void>;
  /** The machine's directory is there, its host is not. */
  reserved?(record: HostRecord): Promise<void>;
  /** After provisioning: the engine answers. */
  run(machine: Machine): Promise<void>;
}

/**
 * Makes a machine. On failure or abort everything that was made is removed again, unless `keep`.
 * An interrupted create of the same name is resumed where its host was complete, else cleaned and redone.
 * @throws MACHINE_NAME_INVALID, MACHINE_EXISTS, MACHINE_BUSY, what a check throws (exit 3), what the driver or a step throws
 */
export async function createMachine(
  ctx: MachineContext,
  request: CreateRequest,
  extraSteps: readonly CreateStep[] = [],
): Promise<HostRecord> {
  checkMachineName(request.name);
  const record = newRecord(ctx, request);
  const steps = extraSteps.filter((step) => step.appliesTo(record));
  await refuseFinished(ctx, request.name);
  for (const step of steps) await step.validate?.(record);
  return ctx.store.withMachineLock(
    request.name,
    async () => {
      await refuseFinished(ctx, request.name);
      return new Creation(ctx, request, steps, record).run();
    },
    { ...(ctx.signal === undefined ? {} : { signal: ctx.signal }), busy: machineBusy },
  );
}

/**
 * Checks of a request what can be known of it alone, before anything is made.
 * @throws MACHINE_NAME_INVALID, what the driver says of its flags
 */
export function checkRequest(ctx: MachineContext, request: CreateRequest): void {
  checkMachineName(request.name);
  newRecord(ctx, request);
}

function newRecord(ctx: MachineContext, request: CreateRequest): HostRecord {
  const options = newHostOptions(ctx.store, request.name, request);
  const base = newDriverConfig(ctx.store, request.name, options.SwarmOptions);
  return {
    ConfigVersion: 3,
    Driver: request.driver.configure(request.flags, base),
    DriverName: request.driver.name,
    HostOptions: options,
    Name: request.name,
  };
}

async function refuseFinished({ store }: MachineContext, name: string): Promise<void> {
  if ((await store.exists(name)) && (await store.readJournal(name)) === undefined) throw machineExists(name);
}

/** One run of the pipeline, under the machine's lock. */
class Creation {
  private readonly ctx: MachineContext;
  private readonly request: CreateRequest;
  private readonly steps: readonly CreateStep[];
  private readonly record: HostRecord;

  constructor(ctx: MachineContext, request: CreateRequest, steps: readonly CreateStep[], record: HostRecord) {
    this.ctx = ctx;
    this.request = request;
    this.steps = steps;
    this.record = record;
  }

  async run(): Promise<HostRecord> {
    const left = await this.ctx.store.readJournal(this.record.Name);
    const resumable = left?.done.includes("host") === true && left.fingerprint === this.fingerprint();
    if (left !== undefined && resumable) return this.resume(left);
    if (left !== undefined) {
      this.info(`an earlier create of "${this.record.Name}" did not finish: removing what it made`);
      await rollBack(this.ctx, this.record.Name);
    }
    return this.start();
  }

  private async start(): Promise<HostRecord> {
    const { ctx, record } = this;
    await this.step("certificates", "Checking certificates", async () => {
      await ensureClientCertificates(ctx, record.HostOptions.AuthOptions);
    });
    return withMachine(ctx, record, async (machine) => {
      await this.step("check", "Running pre-create checks", () => preCreateCheck(machine));
      const journal = this.newJournal();
      await ctx.store.reserve(record, journal.current);
      return this.guarded(machine, journal);
    });
  }

  private async resume(left: Journal): Promise<HostRecord> {
    const { ctx } = this;
    const record = await ctx.store.get(this.record.Name);
    this.info(`going on with the create of "${record.Name}" that did not finish`);
    const journal = new CreateJournal(ctx.store, record.Name, left);
    await ensureClientCertificates(ctx, record.HostOptions.AuthOptions);
    return withMachine(ctx, record, (machine) => this.guarded(machine, journal));
  }

  /** From here on something is there that a failure must take away again. */
  private async guarded(machine: Machine, journal: CreateJournal): Promise<HostRecord> {
    try {
      await this.build(machine, journal);
      await machine.save();
      await this.ctx.store.removeJournal(machine.name);
      return machine.record;
    } catch (error) {
      if (this.request.keep === true) {
        await journal.fail(messageOf(error)).catch(() => undefined); // a full disk must not hide the reason
        throw kept(machine.name, error);
      }
      await machine.disconnect();
      await this.undo(error);
      throw error;
    }
  }

  /** What cannot be removed is told, and the create's own error stays the error. */
  private async undo(failure: unknown): Promise<void> {
    const { ctx } = this;
    const { name } = this.request;
    const settled = ctx.signal?.aborted !== true && !isCutOff(failure);
    try {
      await runStep(ctx, name, { id: "rollback", title: "Removing what was made" }, () =>
        rollBack(ctx, name, { settled }),
      );
    } catch (error) {
      const hint = error instanceof AppError && error.hint !== undefined ? ` (${error.hint})` : "";
      ctx.report({ type: "warning", machine: name, message: `${messageOf(error)}${hint}` });
    }
  }

  private async build(machine: Machine, journal: CreateJournal): Promise<void> {
    const { features } = machine.module;
    const auth = machine.record.HostOptions.AuthOptions;
    await copyClientCertificates(auth);
    for (const step of this.steps) await step.reserved?.(machine.record);
    await this.host(machine, journal);
    if (!features.hasHost) return;
    const { name } = machine;
    const steps = [
      { id: "ssh", title: "Waiting for SSH", run: () => connect(machine) },
      { id: "provision", title: "Provisioning the engine", run: () => provisionMachine(machine) },
      {
        id: "engine",
        title: "Waiting for the engine",
        run: async () => {
          await waitForEngine(machine);
        },
      },
      ...this.steps.map((step) => ({ id: step.id, title: step.title, run: () => step.run(machine) })),
    ];
    for (const step of steps) {
      this.ctx.signal?.throwIfAborted();
      await journal.begin(step.id);
      await runStep(this.ctx, name, step, step.run);
      await journal.finish(step.id);
    }
    this.ctx.signal?.throwIfAborted();
  }

  private async host(machine: Machine, journal: CreateJournal): Promise<void> {
    const { driver } = machine;
    if (journal.isDone("host")) {
      await this.step("host", "Starting the machine", async () => {
        if (machine.module.features.hasPower && (await driver.state()) !== "Running") await driver.start();
      });
      await machine.save();
      return;
    }
    await journal.begin("host");
    await this.step("host", "Creating the machine", () => driver.create(journal));
    await machine.save();
    await journal.finish("host");
  }

  private newJournal(): CreateJournal {
    const { clock, store } = this.ctx;
    return new CreateJournal(store, this.record.Name, {
      version: 1,
      step: "reserve",
      done: [],
      resources: [],
      fingerprint: this.fingerprint(),
      startedAt: clock.now(),
    });
  }

  /** The same request gives the same text; a digest, as driver options may hold secrets. */
  private fingerprint(): string {
    const { Driver, DriverName, HostOptions } = newRecord(this.ctx, this.request);
    return createHash("sha256")
      .update(JSON.stringify([DriverName, Driver, HostOptions]))
      .digest("hex");
  }

  private step<T>(id: string, title: string, task: () => Promise<T>): Promise<T> {
    this.ctx.signal?.throwIfAborted();
    return runStep(this.ctx, this.record.Name, { id, title }, task);
  }

  private info(message: string): void {
    this.ctx.report({ type: "info", machine: this.record.Name, message });
  }
}

async function preCreateCheck(machine: Machine): Promise<void> {
  try {
    await machine.driver.preCreateCheck();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw new AppError(error.code, `the check before creating "${machine.name}" failed: ${error.message}`, {
      exitCode: 3,
      cause: error,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    });
  }
}

/** Did a program end before its answer, so that what it asked for may still be in the making? */
function isCutOff(error: unknown): boolean {
  return error instanceof RunError && error.why !== "exit" && error.why !== "notFound";
}

/** The failure of a create that was told to keep what it made. */
function kept(name: string, error: unknown): unknown {
  if (!(error instanceof AppError)) return error;
  const keptHint = `what was made is kept; machine rm -f ${name} removes it`;
  return new AppError(error.code, error.message, {
    exitCode: error.exitCode,
    cause: error,
    hint: error.hint === undefined ? keptHint : `${error.hint}\n${keptHint}`,
  });
}
