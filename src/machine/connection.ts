import { hostNotRunning } from "../driver/errors.ts";
import { AppError } from "../kit/errors.ts";
import { certificateTrouble, regenerateHint, renewBeforeEnd } from "./certificate-trouble.ts";
import { copyClientCertificates, engineTarget } from "./certificates.ts";
import type { MachineContext } from "./context.ts";
import { ProbeError } from "./engine-probe.ts";
import { notSwarmMaster } from "./errors.ts";
import type { ClusterView } from "./list.ts";
import { type Machine, withMachine } from "./machine.ts";
import { addressesOf } from "./provisioning.ts";

/** How a client reaches a machine's engine or manager. */
export interface Connection {
  readonly name: string;
  /** "tcp://192.168.59.100:2376". */
  readonly url: string;
  /** The machine's directory with ca.pem, cert.pem and key.pem: DOCKER_CERT_PATH. */
  readonly certPath: string;
  /** False for unix:// and ssh:// engines, which take no certificates. */
  readonly tls: boolean;
}

const checkFailed = (what: string, url: string, reason: string, hint: string, cause: unknown) =>
  new AppError("TLS_CHECK_FAILED", `${what} at ${url} cannot be used: ${reason}`, { hint, cause });

/**
 * The verified connection of `env` and `config`: a real request over TLS was answered.
 * @throws HOST_NOT_RUNNING, TLS_CHECK_FAILED with the remedy, NOT_SWARM_MASTER
 */
export async function connectionOf(
  ctx: MachineContext,
  name: string,
  options: { swarm?: ClusterView } = {},
): Promise<Connection> {
  const record = await ctx.store.get(name);
  return withMachine(ctx, record, async (machine) => {
    if (options.swarm !== undefined && !record.HostOptions.SwarmOptions.Master) throw notSwarmMaster(name);
    const engineUrl = await machine.driver.url();
    if (engineUrl === "") throw hostNotRunning(name);
    await renewBeforeEnd(ctx, record);
    await copyClientCertificates(record.HostOptions.AuthOptions);
    const url = options.swarm === undefined ? engineUrl : await options.swarm.swarmUrl(machine, engineUrl);
    if (url === undefined) throw notSwarmMaster(name);
    await verify(machine, url, engineUrl);
    const tls = !/^(unix|ssh|http):/.test(url);
    return { name, url, certPath: record.HostOptions.AuthOptions.StorePath, tls };
  });
}

async function verify(machine: Machine, url: string, engineUrl: string): Promise<void> {
  if (url.startsWith("ssh:")) return;
  const failure = await probe(machine, url);
  if (failure === undefined) return;
  if (url !== engineUrl && (await probe(machine, engineUrl)) === undefined) {
    throw checkFailed(
      "the Swarm manager",
      url,
      failure.message,
      `the engine and the certificates are fine: Swarm may not be started; machine ssh ${machine.name} sudo docker ps shows what runs`,
      failure,
    );
  }
  if (!machine.module.features.hasHost) {
    // the engine is somebody else's: its certificates are not ours to make
    const ca = machine.record.HostOptions.AuthOptions.CaCertPath;
    const hint = `that engine is not made by machine: it must run, with a certificate of the CA ${ca}`;
    throw checkFailed("the engine", url, failure.message, hint, failure);
  }
  const trouble = await certificateTrouble(machine.ctx, machine.record, await addressesOf(machine));
  throw checkFailed(
    "the engine",
    url,
    trouble === undefined ? failure.message : `${trouble.message} (${failure.message})`,
    trouble?.hint ?? regenerateHint(machine.name),
    failure,
  );
}

async function probe({ ctx, record }: Machine, url: string): Promise<ProbeError | undefined> {
  const signal = ctx.signal === undefined ? {} : { signal: ctx.signal };
  try {
    const target = await engineTarget(record.HostOptions.AuthOptions, url);
    await ctx.probe(target, { timeoutMs: ctx.deadlines.tlsMs, ...signal });
    return undefined;
  } catch (error) {
    if (error instanceof ProbeError) return error;
    throw error;
  }
}

/** The variables that `env` sets, in their order; without TLS the two that ask for it are set to nothing. */
export function envVariables(
  ctx: MachineContext,
  connection: Connection,
  options: { noProxy: boolean },
): ReadonlyArray<readonly [name: string, value: string]> {
  return [
    ["DOCKER_TLS_VERIFY", connection.tls ? "1" : ""],
    ["DOCKER_HOST", connection.url],
    ["DOCKER_CERT_PATH", connection.tls ? connection.certPath : ""],
    ["DOCKER_MACHINE_NAME", connection.name],
    ...(ctx.platform === "win32" ? [["COMPOSE_CONVERT_WINDOWS_PATHS", "true"] as const] : []),
    ...(options.noProxy ? [noProxyWith(ctx, hostOf(connection.url))] : []),
  ];
}

/** The host of an engine URL; "" where there is none. */
export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname.replace(/^\[(.*)\]$/, "$1") : "";
}

function noProxyWith({ env }: MachineContext, address: string): readonly [string, string] {
  const [name, list] = noProxyOf(env);
  if (address === "" || list.includes(address)) return [name, list];
  return [name, list === "" ? address : `${list},${address}`];
}

/** The variable that holds the user's list of hosts without proxy, and the list: `no_proxy` where it is set. */
function noProxyOf(env: MachineContext["env"]): readonly [name: string, list: string] {
  const lower = env["no_proxy"] ?? "";
  return lower === "" ? ["NO_PROXY", env["NO_PROXY"] ?? ""] : ["no_proxy", lower];
}

/** For `env --unset --no-proxy`: the list without the addresses of machines; "" when nothing is left. */
export function noProxyWithout(
  ctx: MachineContext,
  addresses: readonly string[],
): readonly [name: string, value: string] {
  const [name, list] = noProxyOf(ctx.env);
  const rest = list.split(",").filter((entry) => !addresses.includes(entry.trim()));
  return [name, rest.join(",")];
}
