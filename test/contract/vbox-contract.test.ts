import { mkdirSync } from "node:fs";
import { vi } from "vitest";
import { driver } from "../../drivers/virtualbox/driver.ts";
import { emptyConfig, labDriverContext } from "../lab/vbox/driver-context.ts";
import { labMissing, startLab } from "../lab/vbox/lab.ts";
import { driverContract } from "./driver.ts";

vi.setConfig({ testTimeout: 600_000, hookTimeout: 1_500_000 });

if (labMissing() === undefined) {
  driverContract("virtualbox", async () => {
    const lab = await startLab();
    const ctx = await labDriverContext(lab);
    const ask = async (...args: string[]) => (await lab.run("VBoxManage", args)).stdout;
    await ask("hostonlyif", "create");
    await ask("hostonlyif", "ipconfig", "vboxnet0", "--ip", "192.168.59.1", "--netmask", "255.255.255.0");
    return {
      module: driver,
      // nothing boots here, and so nothing hears the power button
      context: () => ({ ...ctx, env: { ...ctx.env, MACHINE_TIMEOUT_STOP: "1" } }),
      config(name) {
        mkdirSync(ctx.machineDir(name), { recursive: true });
        return {
          ...emptyConfig(ctx, name),
          HostOnlyCIDR: "192.168.59.1/24",
          Memory: 64,
          DiskSize: 100,
          NoShare: true,
          NoVTXCheck: true,
        };
      },
      async inventory() {
        const names = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([all]) => all);
        return [
          ...names(await ask("list", "vms"), /^".*"/gm),
          ...names(await ask("list", "hdds"), /^Location:.*$/gm),
          ...names(await ask("list", "hostonlyifs"), /^Name:.*$/gm),
          ...names(await ask("list", "dhcpservers"), /^(NetworkName|\s+Fixed Address):.*$/gm),
        ].sort();
      },
      close: () => lab.down(),
    };
  });
}
