import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { rewriteInspect } from "../../../../src/swarm/manager/rewrite/inspect.ts";
import { membersAt } from "../../../../src/swarm/manager/rewrite/json-scan.ts";
import { clusterNode } from "../../../support/cluster-node.ts";

describe("membersAt", () => {
  test("finds every member of any object at its place", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.constantFrom(0, 2), (object, indent) => {
        const text = JSON.stringify(object, undefined, indent);
        const found = membersAt(text, 0).map(({ key, valueStart, valueEnd }) => [
          key,
          JSON.parse(text.slice(valueStart, valueEnd)),
        ]);
        expect(found).toEqual(Object.entries(JSON.parse(text)));
      }),
    );
  });

  test("throws for what is cut short, and ends", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), fc.nat(), (object, cut) => {
        const text = JSON.stringify(object);
        expect(() => membersAt(text.slice(0, cut % text.length), 0)).toThrow();
      }),
    );
  });
});

describe("rewriteInspect", () => {
  const node = clusterNode("node1");
  node.ip = "10.0.0.7";

  test("adds the node behind LogPath and moves ports to its address", () => {
    const text =
      '{"Id":"x", "LogPath" : "/l","Name":"/n","NetworkSettings":{"Ports":{"80/tcp":[{"HostIp":"0.0.0.0","HostPort":"8080"},{"HostIp":"::","HostPort":"8080"},{"HostIp":"127.0.0.1","HostPort":"1"}],"90/tcp":null},"A":1}}';
    const parsed = JSON.parse(rewriteInspect(text, node));
    expect(Object.keys(parsed)).toEqual(["Id", "LogPath", "Node", "Name", "NetworkSettings"]);
    expect(parsed.Node).toEqual({
      ID: node.id,
      IP: "10.0.0.7",
      Addr: node.addr,
      Name: "node1",
      Cpus: 4,
      Memory: 1000,
      Labels: {},
    });
    expect(parsed.NetworkSettings.Ports).toEqual({
      "80/tcp": [
        { HostIp: "10.0.0.7", HostPort: "8080" },
        { HostIp: "10.0.0.7", HostPort: "8080" },
        { HostIp: "127.0.0.1", HostPort: "1" },
      ],
      "90/tcp": null,
    });
  });

  test("keeps every other byte: unknown fields, numbers beyond 2^53, escapes", () => {
    const odd = '"New":{"Big":9223372036854775807,"E":"\\u00e9\\/","F":1.0}';
    expect(rewriteInspect(`{"LogPath":"",${odd}}`, node)).toContain(odd);
  });
});
