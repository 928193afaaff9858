import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { importBusybox, type MachineLab, openMachineLab, told } from "../support/machine-lab.ts";

let world: MachineLab;
let project: string;

const file = (masters: number, tier: string) => `name: shop
x-machine:
  clusters:
    shop:
      driver: docker
      masters: ${masters}
      nodes: 1
      labels: { tier: ${tier} }
services:
  web:
    image: busybox
    command: ["httpd", "-f", "-p", "80", "-h", "/bin"]
    ports: ["8080:80"]
    environment: ["constraint:node==shop-node-01"]
  reader:
    image: busybox
    command: ["sleep", "3600"]
    environment: ["constraint:node==shop-master"]
    extra_hosts: ["web:\${MACHINE_IP_SHOP_NODE_01}"]
`;

beforeAll(async () => {
  world = await openMachineLab();
  project = join(world.lab.dir, "project");
  await mkdir(project);
  await writeFile(join(project, "compose.yaml"), file(1, "front"));
  const plugins = join(world.lab.dir, "docker", "cli-plugins");
  await mkdir(plugins, { recursive: true });
  const cache = process.env["MACHINE_TEST_CACHE"] ?? "/var/cache/machine";
  await copyFile(join(cache, "compose", "docker-compose"), join(plugins, "docker-compose"));
});

afterAll(async () => {
  await world?.close();
});

/** A script in the project's folder that must end with 0; both streams. */
async function shell(script: string): Promise<string> {
  const result = await world.bash(`set -e -o pipefail\ncd ${project}\n${script}`, {
    DOCKER_CONFIG: join(world.lab.dir, "docker"),
  });
  expect(result.exitCode, told(script, result)).toBe(0);
  return result.stdout + result.stderr;
}

describe.sequential("a compose file with machines", () => {
  it("machine up says what it will do and makes the cluster", async () => {
    const refused = await world.bash(`cd ${project}; machine up --machines-only </dev/null`);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain("create cluster shop: 1 master, 1 node");
    expect(await world.ok("ls", "-q")).toBe("");
    await shell("machine up --yes --machines-only");
    expect(JSON.parse(await world.ok("cluster", "inspect", "shop"))).toMatchObject({ state: "Ready" });
    await shell(`for name in $(machine ls -q); do (eval "$(machine env "$name")"; ${importBusybox}); done`);
  });

  it("the services run on two nodes, and one reaches the other by its node's address", async () => {
    expect(await shell("machine up --yes")).toContain("The machines are as the file wants them.");
    const names = await shell(`eval "$(machine cluster env shop)"; docker ps --format '{{.Names}}'`);
    expect(names).toContain("shop-node-01/shop-web-1");
    expect(names).toContain("shop-master/shop-reader-1");
    await shell(`eval "$(machine cluster env shop)"
      for i in $(seq 30); do docker exec shop-reader-1 wget -q -O /dev/null http://web:8080/busybox && exit 0; sleep 1; done; exit 1`);
  });

  it("a second up changes nothing", async () => {
    const ids = `eval "$(machine cluster env shop)"; docker ps -q --no-trunc | sort`;
    const before = await shell(ids);
    await shell("machine up --yes");
    expect(await shell(ids)).toBe(before);
  });

  it("another number of masters and other labels are shown, made, and the services are there again", async () => {
    await writeFile(join(project, "compose.yaml"), file(2, "back"));
    const plan = await shell("machine up --yes --machines-only");
    expect(plan).toContain("make shop-node-02 a master of cluster shop\n");
    expect(plan).toContain("change shop-node-01: engine-label tier=front → tier=back\n");
    const status = JSON.parse(await world.ok("cluster", "inspect", "shop"));
    expect(status).toMatchObject({ state: "Ready" });
    expect(status.members.filter(({ role }: { role: string }) => role === "master")).toHaveLength(2);
    await shell(`(eval "$(machine env shop-node-02)"; ${importBusybox})`);
    expect(await shell("machine up --yes")).toContain("The machines are as the file wants them.");
    const info = await shell(`eval "$(machine cluster env shop)"; docker info 2>/dev/null; docker ps`);
    expect(info.match(/tier=back/g)).toHaveLength(3);
    expect(info).toContain("shop-node-01/shop-web-1");
  });

  it("mistakes are told with line and column, and nothing is done", async () => {
    await writeFile(
      join(project, "bad.yaml"),
      "x-machine:\n  clusters:\n    shop:\n      nods: 3\nservices: {}\n",
    );
    const result = await world.bash(`cd ${project}; machine up --yes -f bad.yaml`);
    expect(result.exitCode).toBe(2);
    expect(result.stderr).toContain('bad.yaml:4:7: "shop" has no "nods"');
  });

  it("machine down takes the services and the machines away", async () => {
    await shell("machine down --yes --keep-machines");
    const services = await shell(
      `eval "$(machine cluster env shop)"; docker ps -aq --filter label=com.docker.compose.project`,
    );
    expect(services.trim()).toBe("");
    await shell("machine down --yes");
    expect(await world.ok("ls", "-q")).toBe("");
    expect((await shell("docker ps -aq; docker volume ls -q")).trim()).toBe("");
  });
});
