import { expect, it } from "vitest";
import { driver } from "../../../../drivers/none/driver.ts";
import { silentLog } from "../../../../src/kit/log.ts";
import { newDriverConfig, newHostOptions } from "../../../../src/machine/defaults.ts";
import { openStore } from "../../../../src/store/file-store.ts";
import { instantClock } from "../../../support/fake-clock.ts";
import { flagsOf } from "../../../support/machine-world.ts";
import { engineContext, scriptedEngine } from "../../../support/scripted-engine.ts";

const store = openStore("/s", { clock: instantClock(), log: silentLog });
const base = newDriverConfig(store, "dev", newHostOptions(store, "dev", {}).SwarmOptions);
const made = (url: string) => driver.configure(flagsOf(driver, { url }), { ...base });

it("needs a URL, and takes only those of an engine", () => {
  expect(() => made("")).toThrow(/--url is required/);
  for (const url of ["nonsense", "ftp://host", "10.0.0.5:2376"])
    expect(() => made(url)).toThrow(/no address/);
  for (const url of ["tcp://h:2376", "unix:///d.sock", "ssh://u@h", "https://h"])
    expect(made(url).URL).toBe(url);
});

it("runs always, and knows its address from the URL", async () => {
  const machine = driver.open(engineContext(scriptedEngine(() => undefined)), made("tcp://10.0.0.5:2376"));
  expect(await machine.state()).toBe("Running");
  expect(await machine.ip()).toBe("10.0.0.5:2376");
  expect(await machine.url()).toBe("tcp://10.0.0.5:2376");
  expect(await machine.reach(3376)).toEqual({ host: "10.0.0.5", port: 3376 });
});

it.each(["start", "stop", "kill", "restart"] as const)("refuses to %s", async (operation) => {
  const machine = driver.open(engineContext(scriptedEngine(() => undefined)), made("tcp://10.0.0.5:2376"));
  await expect(machine[operation]()).rejects.toThrow(/none/);
});

it("keeps the keys that docker-machine's none driver keeps: no Swarm, no login", () => {
  const swarm = { ...base, SwarmMaster: true, SwarmHost: "tcp://0.0.0.0:3376", SwarmDiscovery: "token://x" };
  expect(driver.configure(flagsOf(driver, { url: "unix:///d.sock" }), swarm)).toEqual({
    IPAddress: "",
    MachineName: "dev",
    SSHUser: "",
    SSHPort: 0,
    SSHKeyPath: "",
    StorePath: "/s",
    SwarmMaster: false,
    SwarmHost: "",
    SwarmDiscovery: "",
    URL: "unix:///d.sock",
  });
});

it("has the one flag of docker-machine, without a variable", () => {
  expect(driver.flags.map(({ name, env }) => [name, env])).toEqual([["url", undefined]]);
});

it("has nothing to make and nothing to remove", async () => {
  const machine = driver.open(engineContext(scriptedEngine(() => undefined)), made("tcp://10.0.0.5:2376"));
  const before = structuredClone(machine.config);
  await machine.preCreateCheck();
  await machine.create({
    alreadyMaking: [],
    othersMaking: async () => [],
    making: () => Promise.reject(new Error("it made something")),
  });
  await machine.remove();
  expect(machine.config).toEqual(before);
});
