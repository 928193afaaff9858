import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SwarmError } from "../../../../src/swarm/errors.ts";
import {
  hasHardNodeConstraint,
  moveExpressionsToLabels,
  withExpression,
} from "../../../../src/swarm/scheduler/config.ts";
import { isJson } from "../../../../src/swarm/scheduler/json.ts";
import { placementOf } from "../../../../src/swarm/scheduler/request.ts";

describe("moving expressions from the environment to labels", () => {
  test("entries leave Env and join what the labels hold, in order", () => {
    const config = {
      Image: "busybox",
      Unknown: { kept: true },
      Env: [
        "A=b",
        "constraint:storage==ssd",
        "affinity:image==busybox",
        "reschedule:on-node-failure",
        "constraints:x==y",
      ],
      Labels: { x: "y", "com.docker.swarm.constraints": '["zone==a"]' },
    };
    expect(moveExpressionsToLabels(config)).toEqual({
      Image: "busybox",
      Unknown: { kept: true },
      Env: ["A=b", "constraints:x==y"],
      Labels: {
        x: "y",
        "com.docker.swarm.constraints": '["zone==a","storage==ssd"]',
        "com.docker.swarm.affinities": '["image==busybox"]',
        "com.docker.swarm.reschedule-policies": '["on-node-failure"]',
      },
    });
    expect(config.Env).toHaveLength(5);
  });

  test("labels that hold no JSON list are left alone", () => {
    const label = { "com.docker.swarm.constraints": "not json" };
    expect(moveExpressionsToLabels({ Labels: label })["Labels"]).toEqual(label);
  });

  test.each([
    [{ Env: ["reschedule:always"] }, 500, "invalid reschedule policy: always"],
    [
      { Env: ["reschedule:off"], Labels: { "com.docker.swarm.reschedule-policies": '["on-node-failure"]' } },
      500,
      "too many reschedule policies",
    ],
    [{ Env: "A=b" }, 400, "Env must be a list of strings"],
    [{ Labels: ["x"] }, 400, "Labels must be an object of strings"],
  ])("%j is refused", (config, status, message) => {
    expect(() => moveExpressionsToLabels(config)).toThrow(
      expect.toSatisfy(
        (error) => error instanceof SwarmError && error.status === status && error.message === message,
      ),
    );
  });

  test("hard and soft node constraints", () => {
    const hard = withExpression({}, "constraint", "node==n1");
    const soft = withExpression({}, "constraint", "node==~n1");
    expect([hard, soft, {}].map(hasHardNodeConstraint)).toEqual([true, false, false]);
  });

  test("any JSON object is read or refused with a SwarmError", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.jsonValue({ maxDepth: 3 }), (body, part) => {
        for (const config of [body, { Env: part, Labels: part, HostConfig: part, ExposedPorts: part }]) {
          if (!isJson(config)) continue;
          try {
            placementOf(moveExpressionsToLabels(config));
          } catch (error) {
            expect(error).toBeInstanceOf(SwarmError);
          }
        }
      }),
    );
  });
});

test("what a create asks of a node", () => {
  const request = placementOf({
    ExposedPorts: { "80/tcp": {} },
    HostConfig: {
      CpuShares: 2,
      Memory: 1024,
      NetworkMode: "container:db",
      PortBindings: { "80/tcp": [{ HostPort: "8080" }, { HostIp: "::", HostPort: "" }] },
      VolumesFrom: ["data:ro"],
      Links: ["web:alias"],
    },
  });
  expect(request).toEqual({
    cpus: 2,
    memoryBytes: 1024,
    networkMode: "container:db",
    hostPorts: [
      { port: "8080", ip: "" },
      { port: "", ip: "::" },
    ],
    exposedPorts: ["80/tcp"],
    dependencies: [
      { flag: "--volumes-from=data:ro", container: "data" },
      { flag: "--link=web:alias", container: "web" },
      { flag: "--net=container:db", container: "db" },
    ],
    constraints: [],
    affinities: [],
    whitelists: [],
  });
});
