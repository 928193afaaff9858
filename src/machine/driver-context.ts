import type { DriverContext, DriverSsh } from "../driver/driver.ts";
import { Connections } from "./connections.ts";
import type { MachineContext } from "./context.ts";

/**
 * What a driver gets for one machine.
 * @param connections shared with the steps of the command, so that driver and steps use one connection
 */
export function driverContext(
  ctx: MachineContext,
  name: string,
  connections = new Connections(ctx.ssh, ctx.store.knownHostsPath(name)),
): DriverContext {
  const withSignal = ctx.signal === undefined ? {} : { signal: ctx.signal };
  const ssh: DriverSsh = {
    ...ctx.sshTools,
    async run(address, command, options = {}) {
      const connection = await connections.get(address, { timeoutMs: ctx.deadlines.sshMs, ...withSignal });
      return connection.run(command, options);
    },
  };
  return {
    run: (file, args, options = {}) => ctx.run(file, args, { ...withSignal, ...options }),
    ssh,
    engine: ctx.engine,
    images: ctx.images,
    clock: ctx.clock,
    log: ctx.log,
    env: ctx.env,
    platform: ctx.platform,
    arch: ctx.arch,
    sshTimeoutMs: ctx.deadlines.sshMs,
    storeRoot: ctx.store.root,
    machineDir: (machine) => ctx.store.machineDir(machine),
    withLock: (lock, task) => ctx.store.withLock(lock, task, ctx.signal),
    progress: (message) => ctx.report({ type: "detail", machine: name, message }),
    ...withSignal,
  };
}
