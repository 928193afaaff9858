import { access, constants, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { isAppError, messageOf, systemCode } from "../kit/errors.ts";
import { certificateTrouble } from "../machine/certificate-trouble.ts";
import { engineTarget } from "../machine/certificates.ts";
import { Connections } from "../machine/connections.ts";
import type { MachineContext } from "../machine/context.ts";
import { driverContext } from "../machine/driver-context.ts";
import type { Machine, withMachine } from "../machine/machine.ts";

/** One thing that was looked at. */
export interface Finding {
  readonly level: "ok" | "warning" | "error";
  readonly subject: string;
  readonly message: string;
  readonly hint?: string;
}

/** Which drivers can be used here, and what the others lack. */
export async function driverFindings(ctx: MachineContext): Promise<Finding[]> {
  const connections = new Connections(ctx.ssh, ctx.store.knownHostsPath("default"));
  const context = driverContext(ctx, "default", connections);
  return Promise.all(
    ctx.drivers.names().map(async (name): Promise<Finding> => {
      const subject = `driver ${name}`;
      try {
        const check = await (await ctx.drivers.require(name)).check(context);
        if (check.usable) return { level: "ok", subject, message: check.version ?? "usable" };
        const hint = check.hint === undefined ? {} : { hint: check.hint };
        return { level: "warning", subject, message: check.reason ?? "not usable here", ...hint };
      } catch (error) {
        return { level: "warning", subject, message: messageOf(error) };
      }
    }),
  );
}

/** The store itself: can it be written, and is what is secret closed to others? */
export async function storeFindings(ctx: MachineContext): Promise<Finding[]> {
  const { root, certsDir } = ctx.store;
  const subject = `store ${root}`;
  const findings: Finding[] = [];
  const mode = await modeOf(root);
  if (mode === undefined) {
    const writable = await canWrite(await nearestPresent(root));
    return [
      writable
        ? { level: "ok", subject, message: "empty" }
        : {
            level: "error",
            subject,
            message: "cannot be made here",
            hint: "choose another with --storage-path",
          },
    ];
  }
  if (!(await canWrite(root))) findings.push({ level: "error", subject, message: "cannot be written" });
  for (const file of ["ca-key.pem", "key.pem"]) {
    const keyMode = await modeOf(`${certsDir}/${file}`);
    if (keyMode === undefined || (keyMode & 0o077) === 0 || ctx.platform === "win32") continue;
    findings.push({
      level: "error",
      subject: `key ${certsDir}/${file}`,
      message: "other users can read it",
      hint: `chmod 600 ${certsDir}/${file}`,
    });
  }
  return findings.length > 0
    ? findings
    : [{ level: "ok", subject, message: "can be written, keys are closed" }];
}

async function modeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mode & 0o777;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

async function nearestPresent(path: string): Promise<string> {
  let at = path;
  while ((await modeOf(at)) === undefined && dirname(at) !== at) at = dirname(at);
  return at;
}

async function canWrite(path: string): Promise<boolean> {
  return access(path, constants.W_OK).then(
    () => true,
    () => false,
  );
}

/** One machine: its record, an unfinished create, its certificates, its host and its engine. */
export async function machineFindings(
  ctx: MachineContext,
  name: string,
  open: typeof withMachine,
): Promise<Finding[]> {
  const subject = `machine ${name}`;
  const { record, error } = await ctx.store.load(name);
  if (record === undefined) return [failed(subject, error)];
  const journal = await ctx.store.readJournal(name);
  if (journal !== undefined) {
    return [
      {
        level: "error",
        subject,
        message: `its create stopped at step "${journal.step}"`,
        hint: `machine create ${name} with the same options goes on; machine rm -f ${name} removes it`,
      },
    ];
  }
  try {
    return [await open(ctx, record, (machine) => hostFinding(machine, subject))];
  } catch (problem) {
    return [failed(subject, problem)];
  }
}

async function hostFinding(machine: Machine, subject: string): Promise<Finding> {
  const { ctx, driver, record, module } = machine;
  const trouble = module.features.hasHost ? await certificateTrouble(ctx, record, []) : undefined;
  if (trouble !== undefined) return { level: "error", subject, ...trouble };
  const state = await driver.state();
  if (state === "NotFound") {
    return {
      level: "error",
      subject,
      message: "its host does not exist any more",
      hint: `machine rm ${machine.name} forgets it`,
    };
  }
  if (state !== "Running") return { level: "ok", subject, message: state === "" ? "state unknown" : state };
  const url = await driver.url();
  const target = await engineTarget(record.HostOptions.AuthOptions, url);
  const { version } = await ctx.probe(target, { timeoutMs: ctx.deadlines.tlsMs });
  return { level: "ok", subject, message: `Running, engine ${version} at ${url}` };
}

function failed(subject: string, error: unknown): Finding {
  const hint = isAppError(error) && error.hint !== undefined ? { hint: error.hint } : {};
  return { level: "error", subject, message: messageOf(error), ...hint };
}
