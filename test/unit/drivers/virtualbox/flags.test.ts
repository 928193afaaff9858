import { describe, expect, it } from "vitest";
import { completeConfig, type VirtualBoxConfig } from "../../../../drivers/virtualbox/config.ts";
import { cpuCount, hardwareArgs } from "../../../../drivers/virtualbox/definition.ts";
import { configure, flags } from "../../../../drivers/virtualbox/flags.ts";
import { shareOf } from "../../../../drivers/virtualbox/share.ts";
import type { DriverConfig, FlagValue, FlagValues } from "../../../../src/driver/index.ts";

const base: DriverConfig = {
  MachineName: "m",
  StorePath: "/store",
  IPAddress: "",
  SSHUser: "",
  SSHPort: 0,
  SSHKeyPath: "",
  SwarmMaster: false,
  SwarmHost: "",
  SwarmDiscovery: "",
};

function values(given: Record<string, FlagValue> = {}): FlagValues {
  const spec = (name: string) => {
    const found = flags.find((flag) => flag.name === name);
    if (found === undefined) throw new Error(`no flag ${name}`);
    return found;
  };
  const value = (name: string) => {
    const flag = spec(name);
    return given[name] ?? ("default" in flag ? flag.default : false);
  };
  return {
    string: (name) => String(value(name)),
    int: (name) => Number(value(name)),
    bool: (name) => value(name) === true,
    list: () => [],
    isSet: (name) => name in given,
  };
}

it("offers each flag of docker-machine with its variable", () => {
  expect(flags.map(({ name, env }) => `${name} ${env}`)).toEqual([
    "virtualbox-boot2docker-url VIRTUALBOX_BOOT2DOCKER_URL",
    "virtualbox-cpu-count VIRTUALBOX_CPU_COUNT",
    "virtualbox-disk-size VIRTUALBOX_DISK_SIZE",
    "virtualbox-host-dns-resolver VIRTUALBOX_HOST_DNS_RESOLVER",
    "virtualbox-hostonly-cidr VIRTUALBOX_HOSTONLY_CIDR",
    "virtualbox-hostonly-nicpromisc VIRTUALBOX_HOSTONLY_NIC_PROMISC",
    "virtualbox-hostonly-nictype VIRTUALBOX_HOSTONLY_NIC_TYPE",
    "virtualbox-hostonly-no-dhcp VIRTUALBOX_HOSTONLY_NO_DHCP",
    "virtualbox-import-boot2docker-vm VIRTUALBOX_BOOT2DOCKER_IMPORT_VM",
    "virtualbox-memory VIRTUALBOX_MEMORY_SIZE",
    "virtualbox-nat-nictype VIRTUALBOX_NAT_NICTYPE",
    "virtualbox-no-dns-proxy VIRTUALBOX_NO_DNS_PROXY",
    "virtualbox-no-share VIRTUALBOX_NO_SHARE",
    "virtualbox-no-vtx-check VIRTUALBOX_NO_VTX_CHECK",
    "virtualbox-share-folder VIRTUALBOX_SHARE_FOLDER",
    "virtualbox-ui-type VIRTUALBOX_UI_TYPE",
  ]);
});

describe("the config from flags", () => {
  it("has docker-machine's defaults and an address that VirtualBox allows", () => {
    expect(configure(values(), base)).toMatchObject({
      CPU: 1,
      Memory: 1024,
      DiskSize: 20000,
      HostOnlyCIDR: "192.168.59.1/24",
      HostOnlyNicType: "82540EM",
      HostOnlyPromiscMode: "deny",
      UIType: "headless",
      DNSProxy: true,
      SSHUser: "docker",
      VBoxManager: {},
    });
  });

  it("takes what is given, in VirtualBox's spelling", () => {
    const config = configure(
      values({
        "virtualbox-nat-nictype": "VIRTIO",
        "virtualbox-no-dns-proxy": true,
        "virtualbox-cpu-count": -1,
        "virtualbox-ui-type": "",
      }),
      base,
    );
    expect(config).toMatchObject({ NatNicType: "virtio", DNSProxy: false, CPU: -1, UIType: "headless" });
  });

  it.each([
    ["virtualbox-hostonly-cidr", "192.168.59.0/24"],
    ["virtualbox-hostonly-cidr", "nonsense"],
    ["virtualbox-hostonly-nictype", "rtl8139"],
    ["virtualbox-nat-nictype", "ne2000"],
    ["virtualbox-hostonly-nicpromisc", "allow"],
    ["virtualbox-ui-type", "vnc"],
    ["virtualbox-share-folder", "/home"],
    ["virtualbox-share-folder", ":name"],
    ["virtualbox-memory", 0],
    ["virtualbox-disk-size", -5],
  ])("--%s %s is a usage error", (name, value) => {
    expect(() => configure(values({ [name]: value }), base)).toThrow(
      expect.objectContaining({ code: "USAGE", exitCode: 2 }),
    );
  });
});

describe("a record of any age", () => {
  it("is completed with docker-machine's values, unknown keys kept", () => {
    const config = completeConfig({ ...base, Memory: 2048, Later: "kept" });
    expect(config).toMatchObject({
      Memory: 2048,
      CPU: 1,
      HostOnlyCIDR: "192.168.99.1/24",
      SSHUser: "docker",
      Later: "kept",
    });
  });

  it("survives values of other types", () => {
    const odd: DriverConfig = { ...base, Memory: "much", NoShare: "no", UIType: 7, DNSProxy: null };
    expect(completeConfig(odd)).toMatchObject({
      Memory: 1024,
      NoShare: false,
      UIType: "headless",
      DNSProxy: true,
    });
  });

  it("keeps a number of CPUs below one: all of the host's", () => {
    expect(completeConfig({ ...base, CPU: -1 }).CPU).toBe(-1);
  });
});

it("CPUs: all of the host's below 1, never more than 32", () => {
  expect([cpuCount(2, 8), cpuCount(0, 8), cpuCount(-1, 64), cpuCount(40, 64)]).toEqual([2, 8, 32, 32]);
});

it("DNS options reach modifyvm", () => {
  const config: VirtualBoxConfig = configure(
    values({ "virtualbox-host-dns-resolver": true, "virtualbox-no-dns-proxy": true }),
    base,
  );
  const line = hardwareArgs({ config }).join(" ");
  expect(line).toContain("--natdnshostresolver1 on --natdnsproxy1 off");
});

describe("the shared folder", () => {
  const of = (platform: NodeJS.Platform, ShareFolder = "", NoShare = false) =>
    shareOf({ ShareFolder, NoShare }, platform);

  it.each([
    ["linux", "hosthome", "/home"],
    ["freebsd", "hosthome", "/home"],
    ["darwin", "Users", "/Users"],
    ["win32", "c/Users", "\\\\?\\c:\\Users"],
  ] as const)("is the folder of homes on %s", (platform, name, hostPath) => {
    expect(of(platform)).toEqual({ name, hostPath });
  });

  it("is the given one, split at the last colon", () => {
    expect(of("linux", "/srv/a:b:data")).toEqual({ hostPath: "/srv/a:b", name: "data" });
    expect(of("win32", "C:\\data:data")).toEqual({ hostPath: "C:\\data", name: "data" });
    expect(of("linux", "/srv/data:")).toEqual({ hostPath: "/srv/data", name: "srv/data" });
  });

  it("is none on request", () => {
    expect(of("linux", "", true)).toBeUndefined();
  });
});
