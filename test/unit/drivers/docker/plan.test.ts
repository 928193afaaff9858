import { expect, it } from "vitest";
import { configure, dotted, openConfig, parseCidr } from "../../../../drivers/docker/config.ts";
import { containerBody } from "../../../../drivers/docker/container.ts";
import { driver } from "../../../../drivers/docker/driver.ts";
import type { DriverConfig } from "../../../../src/driver/driver.ts";
import { flagsOf } from "../../../support/machine-world.ts";

const base: DriverConfig = {
  MachineName: "dev",
  StorePath: "/s",
  IPAddress: "",
  SSHUser: "root",
  SSHPort: 22,
  SSHKeyPath: "/s/machines/dev/id_rsa",
  SwarmMaster: false,
  SwarmHost: "",
  SwarmDiscovery: "",
};

const configured = (given: Record<string, unknown> = {}) => configure(flagsOf(driver, given), { ...base });

it("keeps what the flags say", () => {
  const config = configured({ "docker-cpus": 2, "docker-memory": 512, "docker-publish": "always" });
  expect(config).toMatchObject({
    SSHUser: "docker",
    Container: "machine-dev",
    Network: "machine",
    CPU: 2,
    Memory: 512,
    Publish: "always",
  });
});

it.each([
  [{ "docker-cpus": -1 }, "negative"],
  [{ "docker-memory": 64 }, "at least 128"],
  [{ "docker-network": "../x" }, "no network name"],
  [{ "docker-network-cidr": "10.0.0.0/8" }, "between /16 and /28"],
  [{ "docker-network-cidr": "nonsense" }, "no IPv4 range"],
])("refuses %j before anything is made", (given, message) => {
  expect(() => configured(given)).toThrow(expect.objectContaining({ exitCode: 2 }));
  expect(() => configured(given)).toThrow(message);
});

it("reads ranges and cuts off host bits", () => {
  expect(dotted(parseCidr("192.168.92.77/24").first)).toBe("192.168.92.0");
  expect(parseCidr("172.20.0.0/16").prefix).toBe(16);
});

it("completes a record of any age and keeps keys of others", () => {
  const config = openConfig({ ...base, Strange: { a: 1 }, Publish: "whatever", CPU: "2" });
  expect(config).toMatchObject({ Strange: { a: 1 }, Publish: "auto", CPU: 0, Container: "machine-dev" });
});

it("asks for no privileges beyond an explicit list, and never for SYS_RESOURCE", () => {
  const body = JSON.stringify(
    containerBody({
      config: { ...configured({ "docker-cpus": 2, "docker-memory": 512 }), IPAddress: "192.168.92.10" },
      image: "machine/boot2docker:1",
      authorizedKey: "ssh-rsa AAAA",
      volumes: { "/var/lib/docker": "v" },
      publishOn: undefined,
      cgroupVersion: "2",
    }),
  );
  expect(body).not.toMatch(/Privileged|SYS_RESOURCE|"ALL"\],"SecurityOpt|PortBindings/);
  expect(JSON.parse(body)).toMatchObject({
    Hostname: "dev",
    HostConfig: {
      CapDrop: ["ALL"],
      CapAdd: expect.arrayContaining(["SYS_ADMIN", "NET_ADMIN"]),
      CgroupnsMode: "private",
      NanoCpus: 2e9,
      Memory: 536_870_912,
      NetworkMode: "machine",
    },
    NetworkingConfig: {
      EndpointsConfig: { machine: { IPAMConfig: { IPv4Address: "192.168.92.10" } } },
    },
  });
});

it("publishes the three ports where they are wanted, and leaves cgroup v1 hosts their default", () => {
  const body = containerBody({
    config: configured(),
    image: "i",
    authorizedKey: "k",
    volumes: {},
    publishOn: "127.0.0.1",
    cgroupVersion: "1",
  });
  expect(body).toMatchObject({
    HostConfig: {
      PortBindings: {
        "22/tcp": [{ HostIp: "127.0.0.1", HostPort: "" }],
        "2376/tcp": [{ HostIp: "127.0.0.1", HostPort: "" }],
        "3376/tcp": [{ HostIp: "127.0.0.1", HostPort: "" }],
      },
    },
  });
  expect(JSON.stringify(body)).not.toContain("CgroupnsMode");
});
