import { expect, it } from "vitest";
import { relayUrl } from "../../../../src/swarm/discovery/relay.ts";

const head = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n";

it("finds the relay at the default gateway of a container", () => {
  const routes = `${head}eth0\t0011AC00\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\neth0\t00000000\t010011AC\t0003\t0\t0\t0\t00000000\t0\t0\t0\n`;
  expect(relayUrl(routes)).toBe("http://172.17.0.1:3375/v1");
});

it("finds none without a default route, whatever the text", () => {
  expect(relayUrl("")).toBeUndefined();
  expect(relayUrl(`${head}eth0\t0011AC00\t00000000\t0001\t0\t0\t0\t0000FFFF`)).toBeUndefined();
  expect(relayUrl(`${head}eth0\t00000000\tnonsense\t0003\n`)).toBeUndefined();
  expect(relayUrl(`${head}eth0\t00000000\t010011AC\t0001\n`)).toBeUndefined();
});
