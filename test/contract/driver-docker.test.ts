import { expect, it } from "vitest";
import { driver } from "../../drivers/docker/driver.ts";
import { systemClock } from "../../src/kit/clock.ts";
import { ensureDirectory } from "../../src/kit/fs.ts";
import { silentLog } from "../../src/kit/log.ts";
import { newDriverConfig, newHostOptions } from "../../src/machine/defaults.ts";
import { openStore } from "../../src/store/file-store.ts";
import { type Lab, openLab } from "../lab/engines.ts";
import { labDriverContext, loadMachineImage } from "../support/lab-machine.ts";
import { flagsOf } from "../support/machine-world.ts";
import { driverContract } from "./driver.ts";

driverContract("docker", async () => {
  const lab = await openLab();
  try {
    const engine = await lab.engine();
    const image = await loadMachineImage(lab, engine);
    const store = openStore(`${lab.dir}/store`, { clock: systemClock, log: silentLog });
    for (const name of ["life", "again"]) await ensureDirectory(store.machineDir(name));
    return {
      module: driver,
      context: () => labDriverContext(lab, engine, image),
      config(name) {
        const { SwarmOptions } = newHostOptions(store, name, {});
        return driver.configure(flagsOf(driver), newDriverConfig(store, name, SwarmOptions));
      },
      inventory: () => inventory(lab, engine.address),
      close: () => lab.close(),
    };
  } catch (error) {
    await lab.close();
    throw error;
  }
});

it("publishes ports of a machine whose own address the client cannot reach", async () => {
  const lab = await openLab();
  try {
    const engine = await lab.engine();
    const image = await loadMachineImage(lab, engine);
    const store = openStore(`${lab.dir}/store`, { clock: systemClock, log: silentLog });
    await ensureDirectory(store.machineDir("far"));
    const { SwarmOptions } = newHostOptions(store, "far", {});
    const config = driver.configure(
      flagsOf(driver, { "docker-publish": "always" }),
      newDriverConfig(store, "far", SwarmOptions),
    );
    const context = labDriverContext(lab, engine, image);
    const machine = driver.open(context, config);
    await machine.create({ alreadyMaking: [], making: async () => undefined, othersMaking: async () => [] });
    const ssh = await machine.sshAddress();
    expect(ssh.host).toBe("127.0.0.1");
    expect(ssh.port).not.toBe(22);
    await context.ssh.waitForBanner(await lab.forward(ssh), { timeoutMs: 60_000 });
    const url = await machine.url();
    expect(url).toMatch(/^tcp:\/\/127\.0\.0\.1:\d+$/);
    expect((await driver.states?.(context, [config]))?.get("far")).toEqual({ state: "Running", url });
    await machine.remove();
  } finally {
    await lab.close();
  }
}, 400_000);

async function inventory(lab: Lab, address: string): Promise<string[]> {
  const env = { ...process.env, DOCKER_HOST: address };
  const lists = await Promise.all(
    [
      ["ps", "-a", "--format", "container {{.Names}}"],
      ["volume", "ls", "--format", "volume {{.Name}}"],
      ["network", "ls", "--format", "network {{.Name}}"],
    ].map((args) => lab.run("docker", args, { env })),
  );
  return lists.flatMap(({ stdout }) => stdout.split("\n").filter(Boolean)).sort();
}
