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
