import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { importBusybox, type MachineLab, openMachineLab, told } from "../support/machine-lab.ts";

let world: MachineLab;

beforeAll(async () => {
  world = await openMachineLab();
  await world.ok("create", "-d", "docker", "--swarm", "--swarm-master", "one");
  await world.ok("create", "-d", "docker", "two");
});

afterAll(async () => {
  await world?.close();
});

async function shell(script: string): Promise<string> {
  const result = await world.bash(`set -e -o pipefail\n${script}`);
  expect(result.exitCode, told(script, result)).toBe(0);
  return result.stdout;
}

const onTwo = 'eval "$(machine env two)"\n';
const status = async (name: string) => (await world.ok("status", name)).trim();
const engineStart = (name: string) =>
  world.ok("ssh", name, "stat -c %Y /proc/$(pidof dockerd | cut -d' ' -f1)");
const inStore = (...path: readonly string[]) => join(world.store, "machines", ...path);

/** Until the manager reports so many nodes Healthy. */
const healthy = (count: number) =>
  shell(`eval "$(machine env --swarm one)"
    for i in $(seq 90); do docker info 2>/dev/null | grep -c 'Status: Healthy' | grep -qx ${count} && exit 0; sleep 1; done; exit 1`);

describe.sequential("provision", () => {
  it("changes nothing where nothing changed: the engine and the user's container run on", async () => {
    await shell(`${onTwo}${importBusybox}; docker run -d --name mine busybox sleep 100000`);
    const before = await engineStart("two");
    await world.ok("provision", "two");
    expect(await engineStart("two")).toBe(before);
    expect(await shell(`${onTwo}docker ps --format '{{.Names}}'`)).toBe("mine\n");
  });

  it("brings back what was lost on the machine", async () => {
    await world.ok("ssh", "two", "sudo rm /var/lib/boot2docker/server.pem");
    await world.ok("provision", "two");
    expect(await world.ok("ssh", "two", "sudo cat /var/lib/boot2docker/server.pem")).toBe(
      await readFile(inStore("two", "server.pem"), "utf8"),
    );
    await shell(`${onTwo}docker version`);
  });

  it("keeps the swarm containers of a master as they are", async () => {
    const ids = () => shell(`eval "$(machine env one)"; docker ps -q --no-trunc | sort`);
    const before = await ids();
    await world.ok("provision", "one");
    expect(await ids()).toBe(before);
    await healthy(1);
  });
});

describe.sequential("ssh and scp", () => {
  it("ssh gives output, input and exit code of the remote command", async () => {
    expect(await world.ok("ssh", "two", "echo", "out; echo err >&2")).toBe("out\n");
    expect((await world.machine("ssh", "two", "exit 37")).exitCode).toBe(37);
    expect(await shell("echo hello | machine ssh two cat")).toBe("hello\n");
    const absent = await world.machine("ssh", "nobody", "true");
    expect(absent.exitCode).toBe(1);
  });

  it("scp copies to a machine, from it, and between two", async () => {
    const dir = world.lab.dir;
    expect(
      await shell(`cd ${dir}; mkdir -p from/sub; echo 'a b' >'from/sub/file name'; date >from/plain
        machine scp from/plain two:/tmp/plain; machine scp two:/tmp/plain back; cmp from/plain back
        machine scp -r from two:/tmp/; machine scp two:/tmp/plain one:/tmp/hop; machine scp one:/tmp/hop hop; cmp from/plain hop
        machine ssh two "cat '/tmp/from/sub/file name'"`),
    ).toBe("a b\n");
  });

  it("scp of a file that is not there fails with scp's own code", async () => {
    const run = await world.machine("scp", "two:/no/such", world.lab.dir);
    expect(run.exitCode).toBeGreaterThan(0);
    expect(run.stderr).toMatch(/no\/such/);
  });
});

describe.sequential("what a machine is and how it is reached", () => {
  it("ip, url, inspect and config agree", async () => {
    const ip = (await world.ok("ip", "two")).trim();
    expect(ip).toMatch(/^192\.168\.\d+\.\d+$/);
    expect((await world.ok("url", "two")).trim()).toBe(`tcp://${ip}:2376`);
    expect((await world.ok("inspect", "-f", "{{.Driver.IPAddress}} {{.DriverName}}", "two")).trim()).toBe(
      `${ip} docker`,
    );
    expect(await shell('eval "docker $(machine config two | tr "\\n" " ") ps -a --format {{.Names}}"')).toBe(
      "mine\n",
    );
    expect(await world.ok("config", "two")).toContain(`-H=tcp://${ip}:2376`);
  });

  it("active follows the environment, and env --unset takes it away", async () => {
    expect(await shell(`${onTwo}machine active`)).toBe("two\n");
    expect(await shell(`${onTwo}eval "$(machine env --unset)"; env | grep ^DOCKER_ || echo none`)).toBe(
      "none\n",
    );
    expect((await world.bash("unset DOCKER_HOST; machine active")).exitCode).toBe(1);
  });

  it("context makes docker --context work without eval", async () => {
    await world.ok("context", "two");
    expect(await shell("unset DOCKER_HOST; docker --context two ps -a --format '{{.Names}}'")).toBe("mine\n");
    await world.ok("context", "--rm", "two");
    expect(await shell("docker context ls -q")).not.toMatch(/two/);
  });

  it("doctor finds nothing wrong", async () => {
    const run = await world.machine("doctor", "one", "two");
    expect(run.exitCode, told("doctor", run)).toBe(0);
  });
});

describe.sequential("power", () => {
  it("stop, start, restart and kill do what they say, and its containers' data stays", async () => {
    await world.ok("stop", "two");
    expect(await status("two")).toBe("Stopped");
    const again = await world.machine("stop", "two");
    expect(again.stderr).toMatch(/stopped/);
    expect((await world.machine("env", "two")).exitCode).toBe(1);
    await world.ok("start", "two");
    expect(await shell(`${onTwo}docker ps -a --format '{{.Names}}'`)).toBe("mine\n");
    await world.ok("restart", "two");
    expect(await shell(`${onTwo}docker ps -a --format '{{.Names}}'`)).toBe("mine\n");
    await world.ok("kill", "two");
    expect(await status("two")).toBe("Stopped");
    await world.ok("start", "two");
    expect(await status("two")).toBe("Running");
  });

  it("set shows the plan and changes sizes and options of the engine", async () => {
    const plan = await world.machine("set", "--dry-run", "two", "memory=1024", "engine-opt+=debug");
    expect(plan.exitCode, told("set", plan)).toBe(0);
    expect(plan.stderr).toMatch(/memory: .*1024/);
    await world.ok(
      "set",
      "-y",
      "two",
      "memory=1024",
      "cpus=1",
      "engine-opt+=debug",
      "engine-label+=tier=a b",
    );
    const info = JSON.parse(await shell(`${onTwo}docker info --format '{{json .}}'`));
    expect(info).toMatchObject({ Debug: true });
    expect(info.Labels).toContain("tier=a b");
    expect(
      await shell("docker inspect -f '{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}}' machine-two"),
    ).toBe("1073741824 1000000000\n");
    expect(await status("two")).toBe("Running");
    const same = await world.machine("set", "-y", "two", "memory=1024");
    expect(same.stderr).toMatch(/like that already/);
  });
});

describe.sequential("certificates", () => {
  it("regenerate-certs -f gives a new server certificate, and the manager is Healthy afterwards", async () => {
    const before = await readFile(inStore("one", "server.pem"), "utf8");
    await world.ok("regenerate-certs", "-f", "one");
    expect(await readFile(inStore("one", "server.pem"), "utf8")).not.toBe(before);
    await healthy(1);
  });

  it("regenerate-certs --client-certs rotates the CA for every machine that runs", async () => {
    const ca = await readFile(join(world.store, "certs", "ca.pem"), "utf8");
    await shell(`cp -r ${inStore("two")} ${world.lab.dir}/old-two`);
    await world.ok("regenerate-certs", "-f", "--client-certs", "one");
    expect(await readFile(join(world.store, "certs", "ca.pem"), "utf8")).not.toBe(ca);
    await healthy(1);
    await shell(`${onTwo}docker version`);
    const old = await world.bash(`${onTwo}DOCKER_CERT_PATH=${world.lab.dir}/old-two docker version`);
    expect(old.exitCode).not.toBe(0);
  });
});

describe.sequential("the store", () => {
  it("works in the place to which it was moved", async () => {
    const moved = join(world.lab.dir, "moved");
    const said = await shell(`mv ${world.store} ${moved}; export MACHINE_STORAGE_PATH=${moved}
      machine ls --format '{{.Name}} {{.State}} {{.Error}}'
      (eval "$(machine env two)"; docker version >/dev/null; machine ssh two echo logged in
       machine stop two; machine start two; machine status two)
      machine rm -y one two; machine ls -q; docker ps -aq; docker volume ls -q`);
    expect(said).toBe("one Running \ntwo Running \nlogged in\nRunning\n");
  });
});
