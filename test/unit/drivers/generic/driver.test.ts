import { expect, it } from "vitest";
import { driver } from "../../../../drivers/generic/driver.ts";
import type { DriverContext } from "../../../../src/driver/driver.ts";
import { AppError } from "../../../../src/kit/errors.ts";
import { silentLog } from "../../../../src/kit/log.ts";
import { newDriverConfig, newHostOptions } from "../../../../src/machine/defaults.ts";
import { openStore } from "../../../../src/store/file-store.ts";
import { instantClock } from "../../../support/fake-clock.ts";
import { flagsOf } from "../../../support/machine-world.ts";
import { engineContext, scriptedEngine } from "../../../support/scripted-engine.ts";

const store = openStore("/s", { clock: instantClock(), log: silentLog });
const base = newDriverConfig(store, "dev", newHostOptions(store, "dev", {}).SwarmOptions);
const made = (given: Record<string, string | number>) =>
  driver.configure(flagsOf(driver, given), { ...base });
const host = { "generic-ip-address": "10.0.0.5" };

interface Wait {
  readonly timeoutMs: number;
  readonly once?: boolean;
}

function context(waits: Wait[], answer: () => void = () => undefined): DriverContext {
  const ctx = engineContext(scriptedEngine(() => undefined));
  const waitForBanner: DriverContext["ssh"]["waitForBanner"] = async (
    _target,
    { signal: _signal, ...wait },
  ) => {
    waits.push(wait);
    answer();
  };
  return { ...ctx, ssh: { ...ctx.ssh, waitForBanner } };
}

it("needs an address that can be one", () => {
  expect(() => made({})).toThrow(/--generic-ip-address is required/);
  for (const bad of ["a b", "user@host", "host/x"]) {
    expect(() => made({ "generic-ip-address": bad })).toThrow(/no address/);
  }
  expect(() => made({ ...host, "generic-ssh-port": 70_000 })).toThrow(/1 to 65535/);
});

it("keeps the key in the machine's directory under its own name", () => {
  expect(made({ ...host, "generic-ssh-key": "/home/me/my key" }).SSHKeyPath).toBe("/s/machines/dev/my key");
  expect(made(host).SSHKeyPath).toBe("");
});

it("refuses a key that cannot be read before anything is made", async () => {
  const machine = driver.open(context([]), made({ ...host, "generic-ssh-key": "/no/such/key" }));
  await expect(machine.preCreateCheck()).rejects.toMatchObject({ code: "GENERIC_KEY_UNREADABLE" });
});

it("waits for the host no longer than MACHINE_TIMEOUT_SSH says, and 30 s at most", async () => {
  const waits: Wait[] = [];
  const hooks = { alreadyMaking: [], making: async () => undefined, othersMaking: async () => [] };
  for (const sshTimeoutMs of [5_000, 180_000]) {
    await driver.open({ ...context(waits), sshTimeoutMs }, made(host)).create(hooks);
  }
  expect(waits).toEqual([{ timeoutMs: 5_000 }, { timeoutMs: 30_000 }]);
});

it("is Stopped where no SSH server answers", async () => {
  const unreachable = () => {
    throw new AppError("SSH_UNREACHABLE", "nobody");
  };
  expect(await driver.open(context([], unreachable), made(host)).state()).toBe("Stopped");
  expect(await driver.open(context([]), made(host)).state()).toBe("Running");
});

it("looks once whether the host is up", async () => {
  const waits: Wait[] = [];
  await driver.open(context(waits), made(host)).state();
  expect(waits).toEqual([{ timeoutMs: 15_000, once: true }]);
});

it("has the URL of its engine's own port, also for IPv6", async () => {
  const config = made({ "generic-ip-address": "fd00::5", "generic-engine-port": 2390 });
  expect(await driver.open(context([]), config).url()).toBe("tcp://[fd00::5]:2390");
});

it("offers each flag of docker-machine with its variable and default", () => {
  expect(driver.flags.map((flag) => [flag.name, flag.env, "default" in flag && flag.default])).toEqual([
    ["generic-ip-address", "GENERIC_IP_ADDRESS", ""],
    ["generic-ssh-user", "GENERIC_SSH_USER", "root"],
    ["generic-ssh-port", "GENERIC_SSH_PORT", 22],
    ["generic-ssh-key", "GENERIC_SSH_KEY", ""],
    ["generic-engine-port", "GENERIC_ENGINE_PORT", 2376],
  ]);
});

it.each(["start", "stop", "kill"] as const)("does not %s a host that it does not own", async (operation) => {
  const machine = driver.open(context([]), made(host));
  await expect(machine[operation]()).rejects.toThrow(/generic/);
});

it("keeps no Swarm fields, as docker-machine's", () => {
  expect(made(host)).toMatchObject({ SwarmMaster: false, SwarmHost: "", SwarmDiscovery: "" });
});
