import { join } from "node:path";
import { openMachineLab } from "../../test/support/machine-lab.ts";
import { machineProgram } from "../../test/support/program.ts";
import { countingSocket } from "./counting-socket.ts";
import { median, round } from "./median.ts";
import { type Stage, type Watched, watch } from "./watched.ts";

export interface DockerFigures {
  readonly createSeconds: number;
  readonly createOwnSeconds: number;
  readonly createCpuSeconds: number;
  readonly createSshLogins: number;
  readonly createEngineCalls: number;
  readonly masterSeconds: number;
  readonly masterOwnSeconds: number;
  readonly masterSshLogins: number;
  /** One master and two nodes by `machine cluster create`. */
  readonly clusterSeconds: number;
  readonly clusterPerMaster: number;
  readonly stages: { readonly create: readonly Stage[]; readonly master: readonly Stage[] };
}

/** Container machines on an engine in a lab: one alone, one with `--swarm --swarm-master`, and a cluster of three. */
export async function measureDocker(runs: number): Promise<DockerFigures> {
  const world = await openMachineLab();
  const socket = await countingSocket(join(world.lab.dir, "counted.sock"), world.engine.address);
  try {
    const env = { ...world.env, DOCKER_HOST: socket.address };
    const run = (...args: string[]) =>
      watch(world.lab.spawn(process.execPath, [machineProgram, ...args], { env }));
    // the first one also loads the image and makes network and CA: it is not counted
    await run("create", "-d", "docker", "warm");
    await world.ok("rm", "-y", "warm");
    const alone: Watched[] = [];
    const masters: Watched[] = [];
    const clusters: Watched[] = [];
    const calls: number[] = [];
    let logins = 0;
    let masterLogins = 0;
    for (let index = 0; index < runs; index += 1) {
      const before = socket.requests.length;
      alone.push(await run("create", "-d", "docker", "alone"));
      calls.push(socket.requests.length - before);
      logins = await loginsOf(world, "alone");
      await world.ok("rm", "-y", "alone");
      masters.push(await run("create", "-d", "docker", "--swarm", "--swarm-master", "boss"));
      masterLogins = await loginsOf(world, "boss");
      await world.ok("rm", "-y", "boss");
      clusters.push(await run("cluster", "create", "-d", "docker", "three"));
      await world.ok("cluster", "rm", "-y", "three");
    }
    const of = (list: readonly Watched[], pick: (one: Watched) => number) => median(list.map(pick));
    const masterSeconds = of(masters, ({ wallSeconds }) => wallSeconds);
    const clusterSeconds = of(clusters, ({ wallSeconds }) => wallSeconds);
    return {
      createSeconds: of(alone, ({ wallSeconds }) => wallSeconds),
      createOwnSeconds: of(alone, ({ ownSeconds }) => ownSeconds),
      createCpuSeconds: of(alone, ({ cpuSeconds }) => cpuSeconds),
      createSshLogins: logins,
      createEngineCalls: median(calls),
      masterSeconds,
      masterOwnSeconds: of(masters, ({ ownSeconds }) => ownSeconds),
      masterSshLogins: masterLogins,
      clusterSeconds,
      clusterPerMaster: round(clusterSeconds / masterSeconds),
      stages: { create: alone.at(-1)?.stages ?? [], master: masters.at(-1)?.stages ?? [] },
    };
  } finally {
    await socket.close();
    await world.close();
  }
}

/** Logins that the machine's sshd let in while it was made; the one that asks is not counted. */
async function loginsOf(world: Awaited<ReturnType<typeof openMachineLab>>, name: string): Promise<number> {
  const text = await world.ok("ssh", name, "--", "sudo grep -c 'Accepted publickey' /var/log/sshd.log");
  return Number(text) - 1;
}
