import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  importBusybox,
  type MachineLab,
  machineProgram,
  openMachineLab,
  told,
} from "../support/machine-lab.ts";

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

/** busybox on every machine, as a registry would give it. */
const everywhere = `for name in $(machine ls -q); do (eval "$(machine env "$name")"; ${importBusybox}); done\n`;
const onCluster = (name: string) => `eval "$(machine cluster env ${name})"\n`;
const roles = () => world.ok("ls", "--format", "{{.Name}} {{.Swarm}}");
const etcdMembers = (machine: string) =>
  shell(
    `machine ssh ${machine} 'sudo docker exec swarm-etcd etcdctl --endpoints=https://127.0.0.1:2379 --cacert=/var/lib/boot2docker/ca.pem --cert=/var/lib/boot2docker/server.pem --key=/var/lib/boot2docker/server-key.pem --insecure-skip-tls-verify member list'`,
  );

describe.sequential("a cluster with three masters", () => {
  it("is made with an etcd of its own, and every manager knows every node", async () => {
    await world.ok("cluster", "create", "-d", "docker", "--masters", "3", "--nodes", "1", "trio");
    const status = JSON.parse(await world.ok("cluster", "inspect", "trio"));
    expect(status).toMatchObject({ state: "Ready", missing: [] });
    expect(status.discovery).toMatch(/^etcd3:\/\/masters\.machine\/[0-9a-f]{32}$/);
    expect(
      (await etcdMembers("trio-master-01")).match(/, started, trio-master-0[123], .*, false$/gm),
    ).toHaveLength(3);
  });

  it("goes on through another manager within 20 s when the primary's machine is killed", async () => {
    await shell(`${everywhere}${onCluster("trio")}
      for n in 1 2; do docker run -d --name kept$n --label kept busybox httpd -f; done
      docker run -d --name node-own -e constraint:node==trio-node-01 busybox httpd -f`);
    const primary = await shell(`${onCluster("trio")}docker info 2>/dev/null |
      sed -n "s/^ *Primary: //p; s#^ *Role: primary#$DOCKER_HOST#p"`);
    expect(primary).toMatch(/[\d.]+:3376/);
    const ip = /([\d.]+):3376/.exec(primary)?.[1] ?? "";
    const out = await shell(`
      for name in trio-master-01 trio-master-02 trio-master-03; do
        [ "$(machine ip $name)" = ${ip} ] && lost=$name
      done
      docker kill "$(docker ps -q --filter name=$lost)" >/dev/null
      from=$(date +%s)
      until eval "$(machine env --swarm trio 2>/dev/null)" && [ "$DOCKER_MACHINE_NAME" != "$lost" ]; do
        [ $(($(date +%s) - from)) -lt 60 ]
      done
      named=$(($(date +%s) - from))
      until timeout 10 docker ps --format '{{.Names}}' 2>/dev/null >$HOME/seen && grep -q trio-node-01/node-own $HOME/seen; do
        [ $(($(date +%s) - from)) -lt 90 ]; sleep 0.5
      done
      echo "$lost $named"; cat $HOME/seen`);
    const [lost = "", seconds = ""] = out.split(/\s/);
    expect(lost).toMatch(/^trio-master-0[123]$/);
    expect(Number(seconds), out).toBeLessThanOrEqual(20);
    // once the engine is back with its machine, so are its containers
    await world.ok("cluster", "repair", "trio");
    const names = await shell(`${onCluster("trio")}
      for i in $(seq 60); do [ "$(docker info 2>/dev/null | grep -c 'Status: Healthy')" = 4 ] && break; sleep 1; done
      docker ps -a --format '{{.Names}}'`);
    for (const kept of ["kept1", "kept2", "node-own"]) expect(names).toContain(`/${kept}`);
  });

  it("a master whose host is lost is made anew by repair", async () => {
    await shell(`docker rm -fv "$(docker ps -q --filter name=trio-master-02)" >/dev/null`);
    await world.ok("cluster", "repair", "-d", "docker", "trio");
    expect(JSON.parse(await world.ok("cluster", "inspect", "trio"))).toMatchObject({ state: "Ready" });
    expect(
      (await etcdMembers("trio-master-02")).match(/, started, trio-master-0[123], .*, false$/gm),
    ).toHaveLength(3);
  });

  it("masters that come back with each other's addresses find each other again by repair", async () => {
    const before = await shell(`machine stop trio-master-01 trio-master-02 trio-master-03 >/dev/null 2>&1
      address='{{range .NetworkSettings.Networks}}{{.IPAMConfig.IPv4Address}}{{end}}'
      for n in 1 2 3; do
        id=$(docker ps -aq --filter name=trio-master-0$n)
        echo "$id $(docker inspect -f "$address" $id)"
      done`);
    const hosts = before
      .trim()
      .split("\n")
      .map((line) => line.split(" "));
    for (const [id = ""] of hosts) await shell(`docker network disconnect machine ${id}`);
    for (const [index, [id = ""]] of hosts.entries())
      await shell(`docker network connect --ip ${hosts[(index + 1) % 3]?.[1] ?? ""} machine ${id}`);
    await world.ok("cluster", "repair", "trio");
    expect((await world.ok("ip", "trio-master-01")).trim()).toBe(hosts[1]?.[1]);
    expect(JSON.parse(await world.ok("cluster", "inspect", "trio"))).toMatchObject({ state: "Ready" });
    expect(
      (await etcdMembers("trio-master-03")).match(/, started, trio-master-0[123], .*, false$/gm),
    ).toHaveLength(3);
    const names = await shell(`${onCluster("trio")}
      for i in $(seq 60); do [ "$(docker info 2>/dev/null | grep -c 'Status: Healthy')" = 4 ] && break; sleep 1; done
      docker ps -a --format '{{.Names}}'`);
    expect(names).toContain("trio-node-01/node-own");
  });

  it("rm takes all of it away", async () => {
    await world.ok("cluster", "rm", "-y", "trio");
    expect((await shell("docker ps -aq; docker volume ls -q; machine ls -q")).trim()).toBe("");
  });
});

/**
 * Creates c1, c2, … through the cluster's manager until the file "stop" is there, and prints their number. A refused one is
 * tried again by its name, at whichever manager `env` names then.
 */
const client = `eval "$(machine cluster env one)"
n=0
while [ ! -e $HOME/stop ] && [ $n -lt 300 ]; do
  n=$((n + 1)); tries=0
  until docker create --name c$n busybox true >/dev/null 2>$HOME/why; do
    grep -qE 'already in use|Conflict' $HOME/why && break
    tries=$((tries + 1)); [ $tries -lt 60 ] || { echo "c$n was never made: $(cat $HOME/why)"; exit 1; }
    sleep 1; eval "$(machine cluster env one 2>/dev/null)" || true
  done
  sleep 0.5
done
echo "$n"`;

describe.sequential("a cluster of one master that grows under load", () => {
  it("promote, join --master, demote and leave lose no container and make none twice", async () => {
    await world.ok("cluster", "create", "-d", "docker", "--masters", "1", "--nodes", "1", "one");
    await world.ok("create", "-d", "docker", "late");
    await shell(`${everywhere}rm -f $HOME/stop
      (eval "$(machine env late)"; docker run -d --name own busybox httpd -f)`);
    const limits = { env: world.env, timeoutMs: 550_000, okCodes: [0, 1] };
    const creating = world.lab
      .run("bash", ["-c", `machine() { "${process.execPath}" "${machineProgram}" "$@"; }\n${client}`], limits)
      .catch((error: unknown) => ({ exitCode: 1, stdout: "", stderr: String(error), durationMs: 0 }));
    try {
      await world.ok("cluster", "promote", "one-node-01");
      expect(await roles()).toContain("one-node-01 one (master)");
      await world.ok("cluster", "join", "--master", "one", "late");
      expect((await etcdMembers("late")).match(/, started, .*, false$/gm)).toHaveLength(3);
      await world.ok("cluster", "demote", "one-master");
      expect(await roles()).toContain("one-master one\n");
      await world.ok("cluster", "leave", "late");
    } finally {
      await shell("touch $HOME/stop");
    }
    const made = await creating;
    expect(made.exitCode, told("the client", made)).toBe(0);
    const count = Number(made.stdout.trim());
    const names = await shell(`for name in $(machine ls -q); do
      (eval "$(machine env $name)"; docker ps -a --format '{{.Names}}' | grep '^c[0-9]*$' || true); done`);
    const sorted = names.trim().split("\n").sort();
    expect(new Set(sorted).size, names).toBe(sorted.length);
    expect(sorted).toHaveLength(count);
    expect(JSON.parse(await world.ok("cluster", "inspect", "one"))).toMatchObject({ state: "Ready" });
    expect(await shell(`eval "$(machine env late)"; docker ps --format '{{.Names}}'`)).toBe("own\n");
    await world.ok("cluster", "rm", "-y", "one");
    await world.ok("rm", "-y", "late");
  });
});
