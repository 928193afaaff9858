import { connect } from "node:net";
import { isAppError } from "#kit/errors";
import { noAddress, vmVanished } from "./errors.ts";
import type { HostCidr } from "./ipv4.ts";
import { leasedAddresses } from "./leases.ts";
import { configureInterface, findInterface, listInterfaces } from "./network.ts";
import { addressOfMac, type VmInfo } from "./parse.ts";
import { readVmLog, reasonInLog, stateOf, type Vm, vmInfo } from "./vm.ts";

/** Limits in ms. */
export interface Limits {
  /** From power-on to sshd's greeting. */
  readonly bootMs: number;
  /** From the greeting to an address on the host-only network. */
  readonly addressMs: number;
  /** From the power button to off, in a restart. */
  readonly stopMs: number;
}

/** The limits, which variables of the environment change (in seconds). */
export function limitsFrom(env: Vm["ctx"]["env"]): Limits {
  const seconds = (name: string, fallback: number) => {
    const value = Number(env[name]);
    return (value > 0 ? value : fallback) * 1000;
  };
  return {
    bootMs: seconds("MACHINE_TIMEOUT_SSH", 180),
    addressMs: seconds("MACHINE_TIMEOUT_ADDRESS", 60),
    stopMs: seconds("MACHINE_TIMEOUT_STOP", 60),
  };
}

/**
 * Waits until the machine's sshd greets through NAT. A VM that ends meanwhile is noticed within seconds.
 * @throws SSH_UNREACHABLE, VBOX_VM_ENDED
 */
export async function waitForBoot(vm: Vm, { bootMs }: Limits): Promise<void> {
  const ended = new AbortController();
  const signal = vm.ctx.signal === undefined ? ended.signal : AbortSignal.any([vm.ctx.signal, ended.signal]);
  const greeting = vm.ctx.ssh.waitForBanner(
    { host: "127.0.0.1", port: vm.config.SSHPort },
    { timeoutMs: bootMs, signal },
  );
  try {
    await Promise.race([greeting, watch(vm, signal)]);
  } finally {
    ended.abort(new Error("the wait for the boot is over"));
    greeting.catch(() => undefined); // whatever it says now, the race has told
  }
}

/** NAT's port closes when the VM's process ends; only then is VirtualBox asked. Never resolves. */
async function watch(vm: Vm, signal: AbortSignal): Promise<never> {
  for (;;) {
    await vm.ctx.clock.delay(3_000, signal);
    if (await accepts(vm.config.SSHPort)) continue;
    const state = stateOf(await vmInfo(vm));
    if (state === "Running" || state === "Starting" || state === "Paused") continue;
    throw vmVanished(vm.name, state, reasonInLog(await readVmLog(vm)));
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    const answer = (value: boolean) => {
      socket.destroy();
      resolve(value);
    };
    socket.setTimeout(2_000, () => answer(true)); // busy, not closed
    socket.once("connect", () => answer(true));
    socket.once("error", () => answer(false));
  });
}

export interface AddressRequest {
  /** What DHCP should give; "" when that is not known. */
  readonly expected: string;
  readonly mac: string;
  readonly cidr: HostCidr;
  /** Name of the network's DHCP server; "" where VirtualBox has none. */
  readonly networkName: string;
}

/**
 * The address of a machine that has booted: the expected one when its sshd greets there, else what the DHCP server's
 * file says, else what the machine itself says.
 * @throws VBOX_NO_ADDRESS
 */
export async function findAddress(vm: Vm, request: AddressRequest, { addressMs }: Limits): Promise<string> {
  const { clock } = vm.ctx;
  const end = clock.monotonic() + addressMs;
  let candidate = request.expected;
  for (;;) {
    const left = Math.max(end - clock.monotonic(), 1);
    if (candidate !== "" && (await greets(vm, candidate, Math.min(left, 15_000)))) return candidate;
    const leased = await leaseOf(vm, request);
    const known = leased !== "" && leased !== candidate ? leased : await addressInGuest(vm, request.mac);
    // it has the address and cannot be reached there: the host's side is at fault
    if (known !== "" && known === candidate) await mendInterface(vm, request.cidr);
    candidate = known || candidate;
    if (known !== "" && (await greets(vm, known, 5_000))) return known;
    if (clock.monotonic() >= end) throw noAddress(vm.name, Math.round(addressMs / 1000));
    await clock.delay(1_000, vm.ctx.signal);
  }
}

async function greets(vm: Vm, host: string, timeoutMs: number): Promise<boolean> {
  const signal = vm.ctx.signal === undefined ? {} : { signal: vm.ctx.signal };
  try {
    await vm.ctx.ssh.waitForBanner({ host, port: 22 }, { timeoutMs, ...signal });
    return true;
  } catch (error) {
    if (!isAppError(error, "SSH_UNREACHABLE")) throw error;
    return false;
  }
}

async function leaseOf(vm: Vm, { networkName, mac }: AddressRequest): Promise<string> {
  return networkName === "" ? "" : ((await leasedAddresses(vm.ctx, networkName)).get(mac) ?? "");
}

async function addressInGuest(vm: Vm, mac: string): Promise<string> {
  const address = {
    host: "127.0.0.1",
    port: vm.config.SSHPort,
    user: vm.config.SSHUser,
    keyPath: vm.config.SSHKeyPath,
  };
  const { stdout } = await vm.ctx.ssh.run(address, "ip addr show", { timeoutMs: 15_000 });
  return addressOfMac(stdout, mac) ?? "";
}

/** An interface can lose its address when a VM starts, on Windows most often; then the host cannot reach the machine. */
async function mendInterface(vm: Vm, cidr: HostCidr): Promise<void> {
  const info = await vmInfo(vm);
  const name = info?.get("hostonlyadapter2");
  if (name === undefined) return;
  const interfaces = await listInterfaces(vm);
  if (findInterface(interfaces, cidr) !== undefined || !interfaces.some((one) => one.name === name)) return;
  vm.ctx.log.warn(`the host-only interface ${name} lost its address; it gets ${cidr.address} again`);
  await configureInterface(vm, name, cidr);
}

/** Name of the DHCP server of the VM's second card. */
export function networkNameOf(info: VmInfo | undefined): string {
  const adapter = info?.get("hostonlyadapter2");
  return adapter === undefined ? "" : `HostInterfaceNetworking-${adapter}`;
}
