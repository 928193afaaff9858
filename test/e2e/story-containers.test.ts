import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { imageCache, importBusybox, type MachineLab, openMachineLab, told } from "../support/machine-lab.ts";

let world: MachineLab;

beforeAll(async () => {
  world = await openMachineLab();
});

afterAll(async () => {
  await world?.close();
});

/** A script that must end with 0. */
async function shell(script: string): Promise<string> {
  const result = await world.bash(`set -e -o pipefail\n${script}`);
  expect(result.exitCode, told(script, result)).toBe(0);
  return result.stdout;
}

const onCluster = 'eval "$(machine env --swarm swarm-master)"\n';

describe.sequential("the story on container machines", () => {
  it("a master is made and its manager reports it Healthy", async () => {
    await world.ok("create", "-d", "docker", "--swarm", "--swarm-master", "swarm-master");
  });

  it("two nodes join it without being told where: one by default, one by the master's discovery", async () => {
    await world.ok("create", "-d", "docker", "--swarm", "swarm-node-01");
    const discovery = (
      await world.ok("inspect", "-f", "{{.HostOptions.SwarmOptions.Discovery}}", "swarm-master")
    ).trim();
    expect(discovery).toMatch(/^token:\/\/[0-9a-f]{32}$/);
    await world.ok("create", "-d", "docker", "--swarm", "--swarm-discovery", discovery, "swarm-node-02");
  });

  it("a machine of its own stays out of the cluster", async () => {
    await world.ok("create", "-d", "docker", "--engine-label", "note=a b $HOME 'q'", "alone");
    const labels = await shell('eval "$(machine env alone)"; docker info --format "{{json .Labels}}"');
    expect(JSON.parse(labels)).toEqual(expect.arrayContaining(["note=a b $HOME 'q'", "provider=docker"]));
  });

  it("ls shows the cluster in its SWARM column", async () => {
    const rows = (await world.ok("ls", "--format", "{{.Name}}|{{.State}}|{{.Swarm}}|{{.Error}}"))
      .trim()
      .split("\n");
    expect(rows).toEqual([
      "alone|Running||",
      "swarm-master|Running|swarm-master (master)|",
      "swarm-node-01|Running|swarm-master|",
      "swarm-node-02|Running|swarm-master|",
    ]);
  });

  it("the master's own engine runs agent and manager, its port published", async () => {
    const list = await shell(
      `eval "$(machine env swarm-master)"; docker ps --format '{{.Names}} {{.Ports}}'`,
    );
    expect(list).toMatch(/^swarm-agent /m);
    expect(list).toMatch(/^swarm-agent-master .*0\.0\.0\.0:3376->3376\/tcp/m);
  });

  it("docker info through the manager shows three Healthy nodes with their resources", async () => {
    const info = await shell(`${onCluster}docker info`);
    expect(info).toMatch(/^\s*Nodes: 3$/m);
    expect(info).toMatch(/^\s*Strategy: spread$/m);
    expect(info.match(/└ Status: Healthy/g)).toHaveLength(3);
    expect(info.match(/└ Reserved CPUs: 0 \/ \d+/g)).toHaveLength(3);
    expect(info.match(/└ Reserved Memory: 0 B \/ [\d.]+ GiB/g)).toHaveLength(3);
    for (const name of ["swarm-master", "swarm-node-01", "swarm-node-02"])
      expect(info).toContain(` ${name}: `);
  });

  it("eval works without quotes as well", async () => {
    const host = await shell(
      'eval $(machine env --swarm swarm-master); echo "$DOCKER_HOST $DOCKER_MACHINE_NAME"',
    );
    expect(host).toMatch(/^tcp:\/\/[\d.]+:3376 swarm-master$/m);
  });

  it("a container is scheduled on the node with the fewest containers, and shown as NODE/web", async () => {
    await shell(`${onCluster}
      (eval "$(machine env alone)"; ${importBusybox}; docker save -o ${world.lab.dir}/busybox.tar busybox)
      docker load -q -i ${world.lab.dir}/busybox.tar
      docker run -d --name web busybox httpd -f`);
    const list = await shell(`${onCluster}docker ps --format '{{.Names}}'`);
    expect(list.trim()).toMatch(/^swarm-node-0[12]\/web$/);
    await shell(`${onCluster}docker run -d --name web2 busybox httpd -f`);
    const both = (await shell(`${onCluster}docker ps --format '{{.Names}}'`)).trim().split("\n");
    expect(new Set(both.map((name) => name.split("/")[0]))).toEqual(
      new Set(["swarm-node-01", "swarm-node-02"]),
    );
  });

  it("docker run --rm swarm create and list work through the manager", async () => {
    const id = (await shell(`${onCluster}docker run --rm swarm create`)).trim().split("\n").at(-1);
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    const discovery = (
      await world.ok("inspect", "-f", "{{.HostOptions.SwarmOptions.Discovery}}", "swarm-master")
    ).trim();
    const nodes = await shell(`${onCluster}docker run --rm swarm list ${discovery}`);
    expect(nodes.match(/^[\d.]+:2376\s*$/gm)).toHaveLength(3);
  });

  it("a client with a certificate of another CA is refused by engine and manager", async () => {
    const result = await world.bash(`eval "$(machine env swarm-master)"; dir=$(mktemp -d); cd $dir
      openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -subj /O=foreign -days 1 2>/dev/null
      cp "$DOCKER_CERT_PATH/ca.pem" .
      host=\${DOCKER_HOST#tcp://}; host=\${host%:*}
      for port in 2376 3376; do
        DOCKER_CERT_PATH=$dir DOCKER_HOST=tcp://$host:$port docker version >/dev/null 2>&1 && echo "port $port let it in"
      done; echo asked`);
    expect(result.stdout.trim()).toBe("asked");
  });

  it("no secret is readable by others in the store", async () => {
    for (const file of [
      "certs/ca-key.pem",
      "certs/key.pem",
      "machines/swarm-master/id_rsa",
      "machines/swarm-master/server-key.pem",
    ]) {
      expect((await stat(join(world.store, file))).mode & 0o077, file).toBe(0);
    }
    const record = JSON.parse(await readFile(join(world.store, "machines/swarm-master/config.json"), "utf8"));
    expect(record).toMatchObject({ ConfigVersion: 3, DriverName: "docker", Name: "swarm-master" });
  });

  it("a stopped node shows as such and comes back Healthy after start", async () => {
    await world.ok("stop", "swarm-node-01");
    expect((await world.ok("status", "swarm-node-01")).trim()).toBe("Stopped");
    await world.ok("start", "swarm-node-01");
    const healthy = await shell(`${onCluster}
      for i in $(seq 120); do docker info 2>/dev/null | grep -c 'Status: Healthy' | grep -qx 3 && echo yes && exit 0; sleep 1; done`);
    expect(healthy.trim()).toBe("yes");
  });

  it("a host key that changed stops every command with an error that says so", async () => {
    const hosts = join(world.store, "machines/alone/.known_hosts");
    await shell(`ssh-keygen -q -t ecdsa -N "" -f ${world.lab.dir}/other
      cp ${hosts} ${hosts}.kept
      echo "machine $(cut -d' ' -f1,2 ${world.lab.dir}/other.pub)" > ${hosts}`);
    const result = await world.machine("provision", "alone");
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toMatch(/host key .* is not the one that was pinned/);
    await shell(`mv ${hosts}.kept ${hosts}`);
  });

  it("rm removes everything that was made on the user's engine", async () => {
    await world.ok("rm", "-y", "alone", "swarm-node-01", "swarm-node-02", "swarm-master");
    const left = await shell("docker ps -aq; docker volume ls -q; docker network ls -q --filter type=custom");
    expect(left.trim()).toBe("");
    expect(await world.ok("ls", "-q")).toBe("");
  });
});

describe.sequential("the well-known script: a token before any master", () => {
  it("docker run swarm create on the user's engine, three creates, swarm list against the cluster", async () => {
    await shell(`docker load -q -i ${imageCache}/swarm.tar.gz
      TOKEN=$(docker run --rm swarm create)
      machine create -d docker --swarm --swarm-master --swarm-discovery token://$TOKEN m0
      machine create -d docker --swarm --swarm-discovery token://$TOKEN n1
      machine create -d docker --swarm --swarm-discovery token://$TOKEN n2
      eval "$(machine env --swarm m0)"
      test "$(docker run --rm swarm list token://$TOKEN | grep -c :2376)" = 3
      docker info | grep "Nodes: 3"`);
    await world.ok("rm", "-y", "m0", "n1", "n2");
  });
});
