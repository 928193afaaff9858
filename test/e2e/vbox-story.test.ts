import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { labMissing, startLab, type VboxLab } from "../lab/vbox/lab.ts";
import { emulationLimits, imageCache, importBusybox } from "../support/machine-lab.ts";
import { machineProgram } from "../support/program.ts";

const missing = labMissing();
const minute = 60_000;

describe.skipIf(missing !== undefined).sequential(`the story on VirtualBox VMs ${missing ?? ""}`, () => {
  let lab: VboxLab;

  beforeAll(async () => {
    lab = await startLab();
  }, 25 * minute);

  afterAll(async () => {
    await lab?.down();
  }, 2 * minute);

  /** A bash script inside the lab with `machine` as a command; gives stdout and fails unless it ends with 0. */
  async function shell(script: string): Promise<string> {
    const env = {
      MACHINE_STORAGE_PATH: join(lab.folder, "home/store"),
      MACHINE_IMAGE_CACHE: imageCache,
      ...emulationLimits,
      NO_COLOR: "1",
    };
    const machine = `set -e -o pipefail\nmachine() { "${process.execPath}" "${machineProgram}" "$@"; }\n`;
    const result = await lab.run("bash", ["-c", machine + script], { env, timeoutMs: 18 * minute });
    expect(result.exitCode, `${script}\n${result.stdout}\n${result.stderr}`).toBe(0);
    return result.stdout;
  }

  const inventory = () =>
    shell(
      'VBoxManage list vms; VBoxManage list hdds; VBoxManage list dhcpservers | grep "Fixed Address" || true',
    );

  it(
    "a master is made with few VBoxManage calls and one login",
    async () => {
      await shell("machine create -d virtualbox --swarm --swarm-master swarm-master");
      const calls = await lab.calls();
      expect(calls.length).toBeLessThanOrEqual(25);
      // this one is the second
      const logins = await shell(
        `machine ssh swarm-master "sudo grep -c 'Accepted publickey' /var/log/sshd.log"`,
      );
      expect(Number(logins)).toBe(2);
    },
    20 * minute,
  );

  it(
    "two nodes join it",
    async () => {
      await shell("machine create -d virtualbox --swarm swarm-node-01");
      await shell("machine create -d virtualbox --swarm swarm-node-02");
    },
    40 * minute,
  );

  it(
    "ls shows the cluster",
    async () => {
      const list = await shell(
        "machine ls -t 120 --format '{{.Name}}|{{.DriverName}}|{{.State}}|{{.URL}}|{{.Swarm}}|{{.Error}}'",
      );
      expect(list.trim().split("\n")).toEqual([
        "swarm-master|virtualbox|Running|tcp://192.168.59.100:2376|swarm-master (master)|",
        "swarm-node-01|virtualbox|Running|tcp://192.168.59.101:2376|swarm-master|",
        "swarm-node-02|virtualbox|Running|tcp://192.168.59.102:2376|swarm-master|",
      ]);
    },
    5 * minute,
  );

  it(
    "the manager knows three healthy nodes and schedules on the emptiest",
    async () => {
      const onCluster = 'eval "$(machine env --swarm swarm-master)"\n';
      const info = await shell(`${onCluster}docker info`);
      expect(info).toMatch(/^\s*Nodes: 3$/m);
      expect(info.match(/Status: Healthy/g)).toHaveLength(3);
      for (const name of ["swarm-node-01", "swarm-node-02"]) {
        await shell(`eval "$(machine env ${name})"\n${importBusybox}`);
      }
      await shell(`${onCluster}docker run -d --name web busybox httpd -f`);
      expect((await shell(`${onCluster}docker ps --format '{{.Names}}'`)).trim()).toMatch(
        /^swarm-node-0[12]\/web$/,
      );
    },
    15 * minute,
  );

  it(
    "a machine that was stopped comes back with its address and its place in the cluster",
    async () => {
      await shell("machine stop swarm-node-02");
      expect((await shell("machine status swarm-node-02")).trim()).toBe("Stopped");
      await shell("machine start swarm-node-02");
      expect((await shell("machine ip swarm-node-02")).trim()).toBe("192.168.59.102");
      expect(await shell('eval "$(machine env swarm-node-02)"; docker ps --format "{{.Names}}"')).toContain(
        "swarm-agent",
      );
    },
    30 * minute,
  );

  it(
    "rm leaves no VM, disk or fixed address",
    async () => {
      await shell("machine rm -f swarm-node-02 swarm-node-01 swarm-master");
      expect(await inventory()).toBe("");
    },
    10 * minute,
  );
});
