import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dhcpSettings } from "../../../../drivers/virtualbox/dhcp.ts";
import {
  ipv4Number,
  ipv4Text,
  maskOf,
  networksOverlap,
  parseHostCidr,
  prefixOf,
} from "../../../../drivers/virtualbox/ipv4.ts";
import {
  findInterface,
  interfacesBefore,
  requireSoundInterfaces,
} from "../../../../drivers/virtualbox/network.ts";
import { allowedRanges } from "../../../../drivers/virtualbox/networks-conf.ts";

const cidr = (text: string) => {
  const parsed = parseHostCidr(text);
  if (parsed === undefined) throw new Error(`${text} is no host's address`);
  return parsed;
};

const adapter = (name: string, address: string, mask = "255.255.255.0") => ({
  name,
  address,
  mask,
  dhcp: false,
  networkName: `HostInterfaceNetworking-${name}`,
});

describe("a host's address in a network", () => {
  it("is read with mask, network and broadcast", () => {
    expect(parseHostCidr("192.168.59.1/24")).toEqual({
      address: "192.168.59.1",
      prefix: 24,
      mask: "255.255.255.0",
      network: "192.168.59.0",
      broadcast: "192.168.59.255",
    });
  });

  it.each([
    "",
    "192.168.59.0/24",
    "192.168.59.255/24",
    "192.168.59.1",
    "192.168.59.1/33",
    "1.2.3.4/31",
    "a.b.c.d/8",
    "300.1.1.1/24",
  ])("%j is none", (text) => {
    expect(parseHostCidr(text)).toBeUndefined();
  });

  it("masks and prefixes are each other's inverse", () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 32 }), (prefix) => prefixOf(maskOf(prefix)) === prefix));
    expect(prefixOf("255.0.255.0")).toBeUndefined();
  });
});

describe("the DHCP server's settings", () => {
  it.each([
    ["192.168.59.1/24", "192.168.59.2", "192.168.59.100", "192.168.59.254"],
    ["192.168.59.254/24", "192.168.59.1", "192.168.59.100", "192.168.59.253"],
    ["192.168.59.150/24", "192.168.59.1", "192.168.59.151", "192.168.59.254"],
    ["192.168.59.129/25", "192.168.59.130", "192.168.59.131", "192.168.59.254"],
    ["10.1.2.1/16", "10.1.2.2", "10.1.2.100", "10.1.2.254"],
  ])("of %s", (text, address, lower, upper) => {
    expect(dhcpSettings(cidr(text))).toEqual({ address, lower, upper });
  });

  it("stay in the network and leave out the host, whatever the network", () => {
    const hosts = fc.tuple(fc.integer({ min: 8, max: 29 }), fc.nat()).map(([prefix, seed]) => {
      const size = 2 ** (32 - prefix);
      const network = 10 * 2 ** 24 + (prefix > 8 ? Math.floor(seed / size) % 2 ** (prefix - 8) : 0) * size;
      return `${ipv4Text(network + 1 + (seed % (size - 2)))}/${prefix}`;
    });
    fc.assert(
      fc.property(hosts, (text) => {
        const host = cidr(text);
        const settings = dhcpSettings(host);
        const [lower = 0, upper = 0, own = 0] = [settings.lower, settings.upper, host.address].map(
          (one) => ipv4Number(one) ?? 0,
        );
        const [first = 0, last = 0] = [host.network, host.broadcast].map((one) => ipv4Number(one) ?? 0);
        const server = ipv4Number(settings.address) ?? 0;
        expect(settings.address).not.toBe(host.address);
        expect(lower <= upper && lower > first && upper < last).toBe(true);
        expect(own >= lower && own <= upper).toBe(false);
        expect(server > first && server < last && !(server >= lower && server <= upper)).toBe(true);
      }),
    );
  });
});

describe("host-only interfaces", () => {
  it("are found by address and mask, fresh ones by the address alone", () => {
    const all = [adapter("vboxnet0", "192.168.56.1"), adapter("vboxnet1", "192.168.59.1", "15.0.0.0")];
    expect(findInterface(all, cidr("192.168.59.1/24"))?.name).toBe("vboxnet1");
    expect(findInterface(all, cidr("192.168.56.1/25"))).toBeUndefined();
  });

  it("with the same address are refused", () => {
    const twins = [adapter("vboxnet0", "192.168.59.1"), adapter("vboxnet1", "192.168.59.1")];
    expect(() => requireSoundInterfaces(twins, cidr("192.168.59.1/24"), [])).toThrow(/vboxnet0, vboxnet1/);
  });

  it("collide with another interface of the host in the same or a narrower network", () => {
    const check = (text: string) =>
      requireSoundInterfaces([adapter("vboxnet0", "192.168.56.1")], cidr("192.168.59.1/24"), [
        { name: "eth0", cidr: text },
      ]);
    expect(() => check("192.168.59.7/24")).toThrow(/collides with the interface eth0/);
    expect(() => check("192.168.59.130/25")).toThrow(/collides/);
    expect(() => check("192.168.0.5/16")).not.toThrow();
    expect(() => check("10.0.0.1/24")).not.toThrow();
  });

  it("do not collide with themselves", () => {
    const own = [{ name: "vboxnet0", cidr: "192.168.59.1/24" }];
    expect(() =>
      requireSoundInterfaces([adapter("vboxnet0", "192.168.59.1")], cidr("192.168.59.1/24"), own),
    ).not.toThrow();
  });

  it("overlap when one holds the other", () => {
    expect(networksOverlap(cidr("10.1.0.1/16"), cidr("10.1.5.1/24"))).toBe(true);
    expect(networksOverlap(cidr("10.1.4.1/24"), cidr("10.1.5.1/24"))).toBe(false);
  });

  it("an announced one is told by those before it", () => {
    expect(interfacesBefore('new after ["vboxnet0"]')).toEqual(["vboxnet0"]);
    expect(interfacesBefore("vboxnet1")).toBeUndefined();
  });
});

it("networks.conf: lines with an asterisk, IPv4 only", () => {
  expect(
    allowedRanges(
      "# comment\n* 10.0.0.0/8 192.168.0.0/16\n* 2001::/64\n192.168.1.0/24\n  * 172.16.0.0/12 \n",
    ),
  ).toEqual(["10.0.0.0/8", "192.168.0.0/16", "172.16.0.0/12"]);
});
