import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TestManager, testManager } from "../support/swarm-manager.ts";

let manager: TestManager;

beforeAll(async () => {
  manager = await testManager([{ name: "node1" }, { name: "node2" }, { name: "node10" }]);
});
afterAll(() => manager[Symbol.asyncDispose]());

const ask: TestManager["ask"] = (method, path, options) => manager.ask(method, path, options);

function rows(json: unknown): Record<string, unknown>[] {
  return Array.isArray(json) ? json : [];
}

describe("images, networks and volumes", () => {
  test("an image is listed once, tagged and removed everywhere", async () => {
    const named = async () =>
      rows((await ask("GET", "/v1.41/images/json")).json).filter((row) =>
        String(row["RepoTags"]).includes("busybox"),
      );
    expect(await named()).toHaveLength(1);
    expect((await ask("POST", "/images/busybox/tag?repo=bb2&tag=v1")).status).toBe(201);
    expect((await named())[0]?.["RepoTags"]).toEqual(expect.arrayContaining(["busybox:latest", "bb2:v1"]));
    const removed = await ask("DELETE", "/images/bb2:v1");
    expect(rows(removed.json).filter((row) => row["Untagged"] === "bb2:v1")).toHaveLength(3);
  });

  test("a pull runs on every node and tells each one's progress", async () => {
    for (const engine of manager.world.engines) engine.state.specs.registry.push("alpine:3");
    const { status, text } = await ask("POST", "/images/create?fromImage=alpine&tag=3");
    const lines = text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(status).toBe(200);
    for (const id of ["node1", "node2", "node10"]) {
      const own = lines.filter((line) => line.id === id).map((line) => line.status);
      expect(own[0]).toBe("Pulling alpine:3...");
      expect(own.at(-1)).toBe("Pulling alpine:3...");
      expect(own.slice(1, -1).every((line: string) => line.startsWith("Pulling alpine:3... : "))).toBe(true);
    }
    const failed = await ask("POST", "/images/create?fromImage=nosuch&tag=latest");
    const last = JSON.parse(failed.text.trim().split("\n").at(-1) ?? "");
    expect(last.errorDetail.message).toBe(last.error);
    expect(last.errorDetail.code).toBe(1);
  });

  test("networks carry their node's name and are made where asked", async () => {
    const names = rows((await ask("GET", "/networks")).json).map((row) => row["Name"]);
    expect(names).toEqual(expect.arrayContaining(["node1/bridge", "node2/bridge", "node10/bridge"]));
    const made = await ask("POST", "/networks/create", { body: { Name: "node2/tnet", Driver: "bridge" } });
    expect(made.status).toBe(201);
    expect((await ask("GET", "/networks/node2/tnet")).json).toMatchObject({ Name: "tnet", Driver: "bridge" });
    const custom = rows((await ask("GET", "/networks?filters=%7B%22type%22%3A%5B%22custom%22%5D%7D")).json);
    expect(custom.map((row) => row["Name"])).toEqual(["node2/tnet"]);
    const nowhere = await ask("POST", "/networks/create", { body: { Name: "node9/tnet", Driver: "bridge" } });
    expect([nowhere.status, nowhere.text.includes("[node==node9]")]).toEqual([500, true]);
    expect((await ask("DELETE", "/networks/tnet")).status).toBe(204);
  });

  test("volumes are made on all nodes, or on one", async () => {
    expect((await ask("POST", "/volumes/create", { body: { Name: "v1" } })).json).toMatchObject({
      Name: "v1",
    });
    expect((await ask("POST", "/volumes/create", { body: { Name: "node1/v2" } })).status).toBe(201);
    const listed = async () => {
      const { json } = await ask("GET", "/volumes");
      return rows(JSON.parse(JSON.stringify(json))["Volumes"])
        .map((row) => String(row["Name"]))
        .sort();
    };
    expect(await listed()).toEqual(["node1/v1", "node1/v2", "node10/v1", "node2/v1"]);
    expect((await ask("GET", "/volumes/v1")).status).toBe(404);
    expect((await ask("GET", "/volumes/node2/v1")).json).toMatchObject({ Name: "v1" });
    expect((await ask("DELETE", "/volumes/v1")).status).toBe(204);
    expect((await ask("DELETE", "/volumes/node1/v2")).status).toBe(204);
    expect(await listed()).toEqual([]);
  });
});

describe("nodes, health and metrics", () => {
  test("a drained node takes nothing until it is activated", async () => {
    expect((await ask("POST", "/swarm-nodes/node1/drain")).json).toMatchObject({ Availability: "drain" });
    const refused = await ask("POST", "/containers/create", {
      body: { Image: "busybox", Env: ["constraint:node==node1"] },
    });
    expect(refused.status).toBe(500);
    expect(rows((await ask("GET", "/swarm-nodes")).json).map((row) => row["Availability"])).toEqual([
      "drain",
      "active",
      "active",
    ]);
    expect((await ask("POST", "/swarm-nodes/node1/activate")).json).toMatchObject({ Availability: "active" });
    expect((await ask("GET", "/swarm-nodes/nosuch")).status).toBe(404);
  });

  test("health and metrics tell how things are", async () => {
    expect((await ask("GET", "/health")).json).toEqual({
      status: "ok",
      role: "primary",
      nodes: { total: 3, healthy: 3 },
    });
    await ask("GET", "/_ping");
    const { text, headers } = await ask("GET", "/metrics");
    expect(headers["content-type"]).toContain("text/plain");
    expect(text).toContain('swarm_nodes{status="Healthy"} 3');
    expect(text).toMatch(/swarm_http_requests_total\{route="\/_ping",method="GET",status="200"\} \d/);
  });
});
