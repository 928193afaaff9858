import type { ClusterParts } from "../../src/cli/command.ts";
import { agentName, type ContainerBody, managerName } from "../../src/cluster/containers.ts";
import { planSwarm } from "../../src/cluster/plan.ts";
import { allMembers } from "../../src/cluster/side-file.ts";
import { swarmHooks, swarmSteps } from "../../src/cluster/steps.ts";
import type { SwarmEngine } from "../../src/cluster/swarm-engine.ts";
import type { SwarmTools } from "../../src/cluster/swarm-machine.ts";
import type { Machine } from "../../src/machine/machine.ts";
import { FakeEtcd } from "./fake-etcd.ts";
import type { MachineWorld } from "./machine-world.ts";

interface FakeContainer {
  readonly body: ContainerBody;
  running: boolean;
}

/** The engines of a world's machines, with the swarm's containers on them and what these would do. */
export class FakeSwarm {
  /** By machine, then by name. */
  readonly containers = new Map<string, Map<string, FakeContainer>>();
  /** "create MACHINE CONTAINER" and "remove MACHINE CONTAINER", in order. */
  readonly calls: string[] = [];
  readonly etcd: FakeEtcd;
  readonly tools: SwarmTools;
  readonly #world: MachineWorld;

  constructor(world: MachineWorld) {
    this.#world = world;
    this.etcd = new FakeEtcd({
      ipOf: (machine) => {
        const host = world.provider.hosts.get(machine);
        return host?.state === "Running" ? host.ip : undefined;
      },
      runs: (machine) => this.on(machine).get("swarm-etcd")?.running === true,
    });
    this.tools = {
      engineOf: async (machine, task) => {
        await machine.driver.ip();
        return task(this.#engine(machine.name));
      },
      localImage: async () => undefined,
      managerInfo: (machine) => this.#info(machine),
    };
  }

  /** What a command gets of clusters. */
  get parts(): Partial<ClusterParts> {
    const { store } = this.#world.ctx;
    return {
      planSwarm: async (choice) => planSwarm(choice, await allMembers(store)),
      actions: async () => ({
        createSteps: (name) => swarmSteps(store, this.tools, name),
        hooks: swarmHooks(this.tools),
        tools: this.tools,
      }),
    };
  }

  on(machine: string): Map<string, FakeContainer> {
    if (!this.#world.provider.hosts.has(machine)) this.containers.delete(machine);
    const there = this.containers.get(machine) ?? new Map<string, FakeContainer>();
    this.containers.set(machine, there);
    return there;
  }

  /** The words of a container's command line. */
  words(machine: string, name: string): readonly string[] {
    return this.on(machine).get(name)?.body.Cmd ?? [];
  }

  async #info(machine: Machine): Promise<unknown> {
    if (!this.on(machine.name).has(managerName)) throw new Error(`no manager on ${machine.name}`);
    const nodes = [...this.#world.provider.hosts].flatMap(([name, host]) => {
      const words = this.words(name, agentName);
      const address = words[words.indexOf("--advertise") + 1];
      if (address === undefined || words.length === 0 || host.state !== "Running") return [];
      return [
        [` ${name}`, address],
        ["  └ Status", "Healthy"],
      ];
    });
    return { SystemStatus: [["Role", "primary"], ...nodes] };
  }

  #engine(machine: string): SwarmEngine {
    const there = () => this.on(machine);
    return {
      hasImage: async () => true,
      loadImage: async () => undefined,
      pullImage: async () => undefined,
      inspect: async (name) => {
        const found = there().get(name);
        if (found === undefined) return undefined;
        const { Image, Cmd, Env, HostConfig } = found.body;
        const { running } = found;
        return {
          id: name,
          running,
          image: Image,
          cmd: Cmd,
          env: Env,
          binds: HostConfig.Binds,
          restartCount: 0,
        };
      },
      create: async (name, body) => {
        this.calls.push(`create ${machine} ${name}`);
        there().set(name, { body, running: false });
      },
      start: async (name) => {
        const found = there().get(name);
        if (found === undefined) throw new Error(`${machine} has no container ${name}`);
        found.running = true;
        if (name === "swarm-etcd") this.etcd.start(machine, found.body);
      },
      remove: async (name) => {
        if (there().delete(name)) this.calls.push(`remove ${machine} ${name}`);
      },
      removeVolume: async () => this.etcd.forgetData(machine),
      exec: async (_name, words) => this.etcd.control(machine, words),
      logs: async () => "",
      bridgeGateway: async () => "172.17.0.1",
    };
  }
}
