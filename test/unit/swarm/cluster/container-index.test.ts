import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { ContainerIndex } from "../../../../src/swarm/cluster/container-index.ts";
import type { NodeState } from "../../../../src/swarm/cluster/node-state.ts";
import { PrefixIndex } from "../../../../src/swarm/cluster/prefix-index.ts";
import { clusterNode, hexId, putContainer } from "../../../support/cluster-node.ts";

describe("containers by what clients call them", () => {
  let index: ContainerIndex;
  let one: NodeState;
  let two: NodeState;
  beforeEach(() => {
    index = new ContainerIndex();
    one = clusterNode("node1", index);
    two = clusterNode("node2", index);
    putContainer(one, { id: hexId("aaa1"), name: "web", swarmId: hexId("511") });
    putContainer(two, { id: hexId("aaa2"), name: "db", swarmId: hexId("522") });
    putContainer(one, { id: hexId("bbb1"), name: "twin" });
    putContainer(two, { id: hexId("bbb2"), name: "twin" });
    putContainer(two, { id: hexId("ccc1"), name: "db/alias" });
  });
  const found = (reference: string) => index.find(reference)?.id.slice(0, 4);

  test.each([
    [hexId("aaa1"), "aaa1"],
    [hexId("aaa1").slice(0, 12), "aaa1"],
    [hexId("511"), "aaa1"],
    [hexId("522").slice(0, 12), "aaa2"],
    ["web", "aaa1"],
    ["/web", "aaa1"],
    ["node1/web", "aaa1"],
    ["/node1/web", "aaa1"],
    ["ID-node1|node1:2375/web", "aaa1"],
    ["node2/web", undefined],
    ["twin", undefined],
    ["node2/twin", "bbb2"],
    ["db/alias", "ccc1"],
    ["node2/db/alias", "ccc1"],
    ["aaa1", "aaa1"],
    ["aaa", undefined],
    ["ccc", "ccc1"],
    ["c", "ccc1"],
    ["51", "aaa1"],
    ["5", undefined],
    ["", undefined],
    ["nothing", undefined],
  ])("%s is %s", (reference, expected) => {
    expect(found(reference)).toBe(expected);
  });

  test("a changed container is found by its new name only, a removed one not at all", () => {
    putContainer(one, { id: hexId("aaa1"), name: "renamed", swarmId: hexId("511") });
    expect([found("web"), found("renamed"), index.isNameTaken("web")]).toEqual([undefined, "aaa1", false]);
    one.remove(hexId("aaa1"));
    expect([found("renamed"), found(hexId("aaa1")), found(hexId("511"))]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test("the same container on two engines is still found after one of them goes", () => {
    putContainer(two, { id: hexId("aaa1"), name: "clone", swarmId: hexId("511") });
    one.remove(hexId("aaa1"));
    expect(index.find(hexId("aaa1"))?.node.name).toBe("node2");
  });

  test("a node that leaves takes its containers out of every look-up but keeps them", () => {
    one.leave();
    expect([found("web"), found("twin")]).toEqual([undefined, "bbb2"]);
    expect([...one.entries()]).toHaveLength(2);
    putContainer(one, { id: hexId("ddd1"), name: "late" });
    expect(found("late")).toBeUndefined();
  });
});

test("prefix look-ups agree with a walk over all keys", () => {
  const key = fc.string({ unit: fc.constantFrom("0", "a", "f"), minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(fc.array(fc.tuple(key, fc.boolean()), { maxLength: 30 }), key, (steps, prefix) => {
      const index = new PrefixIndex<{ key: string }>();
      const held = new Map<string, { key: string }>();
      for (const [name, isAdded] of steps) {
        const value = held.get(name);
        if (isAdded && !value) {
          const fresh = { key: name };
          held.set(name, fresh);
          index.add(name, fresh);
        } else if (!isAdded && value) {
          held.delete(name);
          index.delete(name, value);
        }
      }
      const expected = [...held.keys()].filter((name) => name.startsWith(prefix)).toSorted();
      expect(
        index
          .withPrefix(prefix, 1000)
          .map((one) => one.key)
          .toSorted(),
      ).toEqual(expected);
      expect(index.exact(prefix).map((one) => one.key)).toEqual(held.has(prefix) ? [prefix] : []);
    }),
  );
});
