import fc from "fast-check";
import { expect, test } from "vitest";
import { SwarmError } from "../../../../src/swarm/errors.ts";
import { ExpressionError } from "../../../../src/swarm/scheduler/expressions.ts";
import { defaultFilterNames, filters } from "../../../../src/swarm/scheduler/filters.ts";
import type { PlacementRequest } from "../../../../src/swarm/scheduler/request.ts";
import { schedule } from "../../../../src/swarm/scheduler/scheduler.ts";
import { strategies } from "../../../../src/swarm/scheduler/strategies.ts";
import { placedContainer, placementRequest, TestNode } from "../../../support/scheduler-node.ts";

const nodesOf = fc.array(
  fc.record({
    zone: fc.constantFrom("a", "b"),
    slots: fc.option(fc.integer({ min: 0, max: 4 }), { nil: undefined }),
    cpus: fc.integer({ min: 1, max: 4 }),
    memoryBytes: fc.integer({ min: 1, max: 1000 }),
    healthIndicator: fc.constantFrom(0, 34, 67, 100),
    isActive: fc.boolean(),
  }),
  { minLength: 1, maxLength: 5 },
);

const requestOf: fc.Arbitrary<Partial<PlacementRequest>> = fc.record({
  cpus: fc.integer({ min: 0, max: 3 }),
  memoryBytes: fc.integer({ min: 0, max: 600 }),
  hostPorts: fc.array(
    fc.record({ port: fc.constantFrom("80", "81", ""), ip: fc.constantFrom("", "10.0.0.1", "10.0.0.2") }),
    { maxLength: 2 },
  ),
  constraints: fc.array(fc.constantFrom("zone==a", "zone!=a", "zone==~b", "node==node1", "node!=node*"), {
    maxLength: 2,
  }),
  affinities: fc.array(fc.constantFrom("container==c1", "container!=c*", "tier==~web", "image==busybox"), {
    maxLength: 1,
  }),
});

function build(specs: typeof nodesOf extends fc.Arbitrary<infer T> ? T : never): TestNode[] {
  return specs.map(({ zone, slots, ...rest }, i) => {
    const labels = { zone, ...(slots === undefined ? {} : { containerslots: String(slots) }) };
    return new TestNode(`node${i}`, { labels, ...rest });
  });
}

test("whatever comes in whatever order: no port is held twice, no node oversubscribed, no hard constraint broken", () => {
  const strategy = fc.constantFrom("spread", "binpack");
  fc.assert(
    fc.property(nodesOf, fc.array(requestOf, { maxLength: 12 }), strategy, (specs, requests, name) => {
      const nodes = build(specs);
      for (const [i, wanted] of requests.entries()) {
        const request = placementRequest(wanted);
        let best: TestNode | undefined;
        try {
          [best] = schedule(request, nodes, {
            filters: defaultFilterNames,
            strategy: name,
            random: Math.random,
          });
        } catch (error) {
          expect(error).toBeInstanceOf(SwarmError);
          continue;
        }
        if (!best) throw new Error("schedule returned no node and threw no error");
        expect(best.isActive && best.healthIndicator > 0).toBe(true);
        for (const constraint of request.constraints.filter((text) => !text.includes("~"))) {
          const [key, value] = constraint.split(/[=!]=/);
          const actual = key === "node" ? best.name : best.labels[key ?? ""];
          const matches = value === "node*" || actual === value;
          expect(matches).toBe(constraint.includes("=="));
        }
        best.placed.push(
          placedContainer({ ...request, id: String(i), names: [`c${i}`], hostPorts: request.hostPorts }),
        );
      }
      for (const node of nodes) {
        const asks = (key: "cpus" | "memoryBytes") => node.placed.some((one) => one[key] > 0);
        if (asks("cpus")) expect(node.usedCpus).toBeLessThanOrEqual(node.totalCpus);
        if (asks("memoryBytes")) expect(node.usedMemoryBytes).toBeLessThanOrEqual(node.totalMemoryBytes);
        const slots = node.labels["containerslots"];
        if (slots !== undefined) expect(node.placed.length).toBeLessThanOrEqual(Number(slots));
        expect(clashes(node)).toEqual([]);
      }
    }),
    { numRuns: 300 },
  );
});

/** Pairs of containers on one node that hold the same port on the same interface. */
function clashes(node: TestNode): string[] {
  const found: string[] = [];
  for (const [i, one] of node.placed.entries())
    for (const other of node.placed.slice(i + 1))
      for (const held of one.hostPorts)
        for (const wanted of other.hostPorts)
          if (
            held.port !== "" &&
            held.port === wanted.port &&
            (held.ip === wanted.ip || !held.ip || !wanted.ip)
          )
            found.push(`${one.id} and ${other.id}: ${held.port}`);
  return found;
}

test("filters and strategies add no nodes, and the same question has the same answer", () => {
  fc.assert(
    fc.property(nodesOf, requestOf, (specs, wanted) => {
      const nodes = build(specs);
      const request = placementRequest(wanted);
      for (const filter of Object.values(filters)) {
        const kept = () => {
          try {
            const judge = filter.judge(request, true);
            return nodes.filter((node) => judge?.(node) === undefined);
          } catch (error) {
            expect(error).toBeInstanceOf(ExpressionError);
            return [];
          }
        };
        expect(kept()).toEqual(kept());
      }
      for (const strategy of Object.values(strategies)) {
        const { ranked } = strategy.rank(request, nodes, () => 0.5);
        expect(new Set(ranked).size).toBe(ranked.length);
        expect(ranked.every((node) => nodes.includes(node))).toBe(true);
        expect(strategy.rank(request, nodes, () => 0.5).ranked).toEqual(ranked);
      }
    }),
    { numRuns: 200 },
  );
});
