import { AppError } from "../../kit/errors.ts";
import { hostOf } from "../../machine/connection.ts";
import type { MachineContext } from "../../machine/context.ts";
import type { CommandModule } from "../command.ts";

/** Answers from DOCKER_MACHINE_NAME and DOCKER_HOST where they agree; asks the machines only otherwise. */
export const run: CommandModule["run"] = async (ctx, _args, flags) => {
  if ((ctx.io.env["DOCKER_HOST"] ?? "") === "") throw noActiveHost();
  const machines = await ctx.machines();
  const known = await fromVariables(machines);
  if (known !== undefined) {
    ctx.io.out(`${known}\n`);
    return 0;
  }
  const { listMachines } = await import("../../machine/list.ts");
  const { view } = await ctx.clusterParts();
  const rows = await listMachines(machines, { filters: [], timeoutMs: flags.int("timeout") * 1000 }, view);
  const active = rows.find((row) => row.activeHost || row.activeSwarm);
  if (active === undefined) throw rows.some((row) => row.state === "Timeout") ? timedOut() : noActiveHost();
  ctx.io.out(`${active.name}\n`);
  return 0;
};

/** `machine env` set both variables: the certificates' directory or the address must be those of the machine. */
async function fromVariables({ store, env }: MachineContext): Promise<string | undefined> {
  const name = env["DOCKER_MACHINE_NAME"] ?? "";
  if (name === "" || !(await store.exists(name))) return undefined;
  const { record } = await store.load(name);
  if (record === undefined) return undefined;
  const sameCerts = env["DOCKER_CERT_PATH"] === store.machineDir(name);
  const address = record.Driver.IPAddress;
  const sameHost = address !== "" && hostOf(env["DOCKER_HOST"] ?? "") === address;
  return sameCerts || sameHost ? name : undefined;
}

const noActiveHost = () =>
  new AppError("NO_ACTIVE_HOST", "no machine is active: DOCKER_HOST points to none of them", {
    hint: 'eval "$(machine env NAME)" makes one active',
  });

const timedOut = () =>
  new AppError("ACTIVE_TIMEOUT", "no active machine was found, but some machines did not answer in time", {
    hint: "give them longer with --timeout",
  });
