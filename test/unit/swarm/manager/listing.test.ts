import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ContainerLife } from "../../../../src/swarm/cluster/container-life.ts";
import { Chunks } from "../../../../src/swarm/manager/listing/chunks.ts";
import { humanDuration, wordsLastMs } from "../../../../src/swarm/manager/listing/human-duration.ts";
import { NodeStamps } from "../../../../src/swarm/manager/listing/list-entry.ts";
import { Row } from "../../../../src/swarm/manager/listing/rows.ts";
import { statusLine } from "../../../../src/swarm/manager/listing/status-text.ts";
import { clusterNode, putContainer } from "../../../support/cluster-node.ts";

const second = 1000;
const hour = 3_600_000;

describe("humanDuration", () => {
  test.each([
    [0, "Less than a second"],
    [1 * second, "1 second"],
    [59 * second, "59 seconds"],
    [60 * second, "About a minute"],
    [119 * second, "About a minute"],
    [120 * second, "2 minutes"],
    [59 * 60 * second, "59 minutes"],
    [hour, "About an hour"],
    [1.5 * hour, "2 hours"],
    [47 * hour, "47 hours"],
    [48 * hour, "2 days"],
    [14 * 24 * hour, "2 weeks"],
    [60 * 24 * hour, "2 months"],
    [730 * 24 * hour, "2 years"],
  ])("%i ms is %s", (ms, text) => {
    expect(humanDuration(ms)).toBe(text);
  });

  test("the words stay right for as long as is said", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 3 * 365 * 24 * hour }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (ms, share) => {
          const lastMs = wordsLastMs(ms);
          expect(lastMs).toBeGreaterThan(0);
          expect(humanDuration(ms + lastMs * share)).toBe(humanDuration(ms));
        },
      ),
    );
  });
});

describe("statusLine", () => {
  const now = 1_800_000_000_000;
  const life = (more: Partial<ContainerLife>): ContainerLife => ({
    phase: "running",
    createdMs: now - 5 * second,
    startedMs: now - 5 * second,
    finishedMs: now - 2 * second,
    exitCode: 0,
    health: "",
    ...more,
  });
  const text = (more: Partial<ContainerLife>, isHealthy = true) =>
    statusLine({ life: life(more), fallback: "as told" }, isHealthy, now, now).text;

  test("is worded as docker ps words it", () => {
    expect(text({})).toBe("Up 5 seconds");
    expect(text({ health: "healthy" })).toBe("Up 5 seconds (healthy)");
    expect(text({ health: "starting" })).toBe("Up 5 seconds (health: starting)");
    expect(text({ phase: "paused" })).toBe("Up 5 seconds (Paused)");
    expect(text({ phase: "restarting", exitCode: 1 })).toBe("Restarting (1) 2 seconds ago");
    expect(text({ phase: "exited", exitCode: 137 })).toBe("Exited (137) 2 seconds ago");
    expect(text({ phase: "created", startedMs: Number.NaN })).toBe("Created");
    expect(text({ phase: "dead" })).toBe("Dead");
    expect(text({ phase: "removing" })).toBe("Removal In Progress");
    expect(text({ phase: "" })).toBe("as told");
    expect(text({}, false)).toBe("Host Down");
  });

  test("a container that never ran is not 292 years old, whatever the engine's clock says", () => {
    const never = {
      life: life({ phase: "created", startedMs: Number.NaN, finishedMs: Number.NaN }),
      fallback: "",
    };
    expect(statusLine(never, true, now, now - 60_000).text).toBe("Created");
  });
});

describe("Chunks", () => {
  const id = (at: number) => `${at.toString(16).padStart(60, "0")}${(at * 37).toString(16).padStart(4, "0")}`;

  test("what is kept between lists makes the same list as what is made anew", async () => {
    const stamps = new NodeStamps();
    const kept = new Chunks(stamps);
    const nodes = [clusterNode("node1"), clusterNode("node2")];
    const rows: Row[] = [];
    const add = (at: number, fields: Record<string, unknown> = {}) => {
      const node = nodes[at % 2];
      if (node)
        rows.push(
          new Row(putContainer(node, { id: id(at), name: `c${at}`, createdAt: 1000 + at, ...fields })),
        );
    };
    for (let at = 0; at < 300; at++) add(at);
    const list = async (chunks: Chunks, now: number) => {
      const pieces = await chunks.render(rows, now, async () => undefined);
      return JSON.parse(`[${Buffer.concat(pieces).toString("utf8")}]`);
    };
    let now = 2_000_000;
    for (let turn = 0; turn < 12; turn++) {
      expect(await list(kept, now)).toEqual(await list(new Chunks(stamps), now));
      now += 7_000;
      if (turn % 3 === 0) rows.splice((turn * 31) % rows.length, 1);
      if (turn % 3 === 1) add(1000 + turn, { labels: { ü: "\u2514" } });
      if (turn === 5 && nodes[0]) nodes[0].status = "Unhealthy";
      if (turn === 8 && nodes[0]) nodes[0].status = "Healthy";
    }
    expect(rows.length).toBeGreaterThan(290);
  });

  test("no rows make no bytes", async () => {
    expect(await new Chunks(new NodeStamps()).render([], 0, async () => undefined)).toEqual([]);
  });
});
