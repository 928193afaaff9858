import { isIP } from "node:net";
import type { ProvisionRequest, UpgradeRequest } from "../provision/request.ts";
import { copyClientCertificates, serverCertificate } from "./certificates.ts";
import type { Machine } from "./machine.ts";

/** Idempotent: brings host name, certificates, options and engine to what the request says. */
export type ProvisionMachine = (request: ProvisionRequest) => Promise<void>;

/** Brings the engine of a host, whose image does not bring it, to its newest version. */
export type UpgradeEngine = (request: UpgradeRequest) => Promise<void>;

/** Provisions a reachable machine over its one connection, with a server certificate that fits its addresses. */
export async function provisionMachine(machine: Machine, options: { renew?: boolean } = {}): Promise<void> {
  const { ctx, record, module } = machine;
  const certs = await serverCertificate(ctx, record, {
    addresses: await addressesOf(machine),
    ...options,
  });
  await copyClientCertificates(record.HostOptions.AuthOptions);
  await ctx.provision({
    connection: await machine.ssh(),
    name: machine.name,
    driverName: module.name,
    enginePort: enginePortOf(machine),
    engine: record.HostOptions.EngineOptions,
    certs,
    engineTimeoutMs: ctx.deadlines.engineMs,
    progress: (message) => ctx.report({ type: "detail", machine: machine.name, message }),
    log: ctx.log,
    clock: ctx.clock,
    ...(ctx.signal === undefined ? {} : { signal: ctx.signal }),
  });
}

/** The addresses that the server certificate must hold: the machine's own, and the one its URL names. */
export async function addressesOf(machine: Machine): Promise<string[]> {
  const [ip, url] = await Promise.all([machine.driver.ip(), machine.driver.url()]);
  const host = url === "" ? "" : new URL(url).hostname.replace(/^\[(.*)\]$/, "$1");
  return [...new Set([ip, host])].filter((address) => address !== "" && isCertifiable(address));
}

function isCertifiable(address: string): boolean {
  return isIP(address) !== 0 || /^[\w.-]+$/.test(address);
}

function enginePortOf({ module, driver }: Machine): number {
  const key = module.features.enginePortKey;
  const port = key === undefined ? undefined : driver.config[key];
  return typeof port === "number" && port > 0 ? port : 2376;
}

/** Waits for sshd and opens the one connection. */
export async function connect(machine: Machine): Promise<void> {
  const { ctx, driver } = machine;
  const signal = ctx.signal === undefined ? {} : { signal: ctx.signal };
  await ctx.sshTools.waitForBanner(await driver.sshAddress(), { timeoutMs: ctx.deadlines.sshMs, ...signal });
  await machine.ssh();
}
