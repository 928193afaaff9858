import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TestManager, testManager } from "../support/swarm-manager.ts";
import { until } from "../support/test-cluster.ts";

let manager: TestManager;

beforeAll(async () => {
  manager = await testManager([
    { name: "node1", labels: ["storage=ssd", "zone=a"] },
    { name: "node2", labels: ["storage=disk", "zone=b"], apiVersion: "1.41", version: "20.10.24" },
    { name: "node10", labels: ["storage=ssd", "zone=b"], apiVersion: "1.51", minApiVersion: "1.44" },
  ]);
});
afterAll(() => manager[Symbol.asyncDispose]());

const ask: TestManager["ask"] = (method, path, options) => manager.ask(method, path, options);

function rows(json: unknown): Record<string, unknown>[] {
  return Array.isArray(json) ? json : [];
}

describe("the frame", () => {
  test("ping by GET and HEAD tells clients what they negotiate with", async () => {
    for (const method of ["GET", "HEAD"]) {
      const { status, headers, text } = await ask(method, "/_ping");
      expect(status).toBe(200);
      expect(text).toBe(method === "GET" ? "OK" : "");
      expect(headers).toMatchObject({
        "api-version": "1.51",
        ostype: "linux",
        "builder-version": "1",
        "docker-experimental": "false",
        swarm: "inactive",
      });
      expect(headers["server"]).toMatch(/^Docker\/swarm\//);
    }
  });

  test("any version in the path is taken", async () => {
    for (const path of ["/version", "/v1.10/version", "/v9.99/version"]) {
      const { status, json } = await ask("GET", path);
      expect(status).toBe(200);
      expect(json).toMatchObject({
        Version: "swarm/1.2.9",
        ApiVersion: "1.51",
        MinAPIVersion: "1.24",
        Os: "linux",
      });
    }
  });

  test("unknown paths and wrong methods are 404, in the form that the client reads", async () => {
    for (const [method, path] of [
      ["GET", "/nope"],
      ["DELETE", "/info"],
      ["GET", "/containers/x/attach"],
      ["GET", "/containers/%zz/json"],
    ] as const) {
      const plain = await ask(method, path);
      expect([plain.status, plain.text]).toEqual([404, "404 page not found\n"]);
      const json = await ask(method, `/v1.41${path}`);
      expect([json.status, json.json]).toEqual([404, { message: "404 page not found" }]);
    }
  });

  test("swarm mode is refused as engines refuse it", async () => {
    for (const path of ["/swarm", "/services", "/nodes", "/tasks", "/secrets", "/configs/x"])
      expect((await ask("GET", path)).status).toBe(503);
    expect((await ask("GET", "/images/viz")).text).toBe("Not supported in clustering mode.\n");
  });

  test("info has the nodes in natural order and in the form that scripts read", async () => {
    const { json } = await ask("GET", "/info");
    const status = JSON.parse(JSON.stringify(json))["SystemStatus"];
    expect(status.slice(0, 4)).toEqual([
      ["Role", "primary"],
      ["Strategy", "spread"],
      ["Filters", "health, port, containerslots, dependency, affinity, constraint, whitelist"],
      ["Nodes", "3"],
    ]);
    const names = status.filter(([key]: [string]) => /^ \S/.test(key)).map(([key]: [string]) => key);
    expect(names).toEqual([" node1", " node2", " node10"]);
    const own = status.slice(4, 13).map(([key, value]: [string, string]) => [key, value]);
    expect(own.map(([key]: [string]) => key)).toEqual([
      " node1",
      "  └ ID",
      "  └ Status",
      "  └ Containers",
      "  └ Reserved CPUs",
      "  └ Reserved Memory",
      "  └ Labels",
      "  └ UpdatedAt",
      "  └ ServerVersion",
    ]);
    expect(own[2]).toEqual(["  └ Status", "Healthy"]);
    expect(own[3]).toEqual(["  └ Containers", "0 (0 Running, 0 Paused, 0 Stopped)"]);
    expect(own[4]).toEqual(["  └ Reserved CPUs", "0 / 4"]);
    expect(own[5]).toEqual(["  └ Reserved Memory", "0 B / 8.4 GiB"]);
    expect(own[6][1]).toContain("storage=ssd");
    expect(json).toMatchObject({ ServerVersion: "swarm/1.2.9", NCPU: 12, DriverStatus: null, ID: "" });
  });
});

describe("containers", () => {
  test("from create to removal, under every name", async () => {
    const created = await ask("POST", "/v1.41/containers/create?name=life", {
      body: { Image: "busybox", Cmd: ["sleep", "9"], Env: ["A=b", "constraint:node==node1"] },
    });
    expect(created.status).toBe(201);
    const id = JSON.parse(created.text)["Id"];
    expect(created.json).toEqual({ Id: id });
    expect((await ask("POST", "/containers/life/start", { body: {} })).status).toBe(204);
    expect((await ask("POST", "/containers/life/start")).status).toBe(204);
    for (const name of [id, id.slice(0, 12), id.slice(0, 6), "life", "/life", "node1/life"]) {
      const { json } = await ask("GET", `/containers/${name}/json`);
      expect(json).toMatchObject({ Id: id, Node: { Name: "node1", Cpus: 4 } });
    }
    expect((await ask("GET", "/containers/node2/life/json")).status).toBe(404);
    const listed = rows((await ask("GET", "/containers/json")).json);
    expect(listed.find((row) => row["Id"] === id)).toMatchObject({
      Names: ["/node1/life"],
      State: "running",
    });
    expect((await ask("POST", "/containers/life/rename?name=other")).status).toBe(204);
    expect((await ask("GET", "/containers/other/json")).status).toBe(200);
    expect((await ask("POST", "/containers/other/stop?t=0")).status).toBe(204);
    expect(rows((await ask("GET", "/containers/json")).json).some((row) => row["Id"] === id)).toBe(false);
    const [stopped] = rows(
      (await ask("GET", "/containers/json?all=1&filters={%22name%22:[%22other%22]}")).json,
    );
    expect(stopped?.["Status"]).toMatch(/^Exited \(\d+\) /);
    expect((await ask("DELETE", "/containers/other?force=1")).status).toBe(204);
    expect((await ask("GET", "/containers/other/json")).status).toBe(404);
  });

  test.each([
    ["GET", "/containers/zzz/json", 404, "No such container zzz"],
    ["POST", "/containers/zzz/start", 404, "No such container zzz"],
    ["POST", "/containers/zzz/exec", 404, "No such container zzz"],
    ["DELETE", "/containers/zzz", 404, "Container zzz not found"],
    ["GET", "/containers/zzz/logs?stdout=1", 404, "No such container: zzz"],
    ["POST", "/containers/zzz/kill", 404, "No such container: zzz"],
    ["POST", "/containers/zzz/attach?stream=1", 404, "No such container: zzz"],
    ["GET", "/exec/abc/json", 404, "Exec abc not found"],
    ["GET", "/containers/json?before=nope", 404, "No such container nope"],
    ["GET", "/images/nosuch/json", 404, "No such image: nosuch"],
    ["DELETE", "/images/nosuch", 404, "No such image nosuch"],
    ["POST", "/images/nosuch/tag?repo=a", 404, "No such image: nosuch"],
    ["POST", "/images/nosuch/push", 404, "No such image: nosuch"],
    [
      "GET",
      "/images/get?names=a&names=b",
      404,
      "Unable to find a healthy engine containing all images: [a b]",
    ],
    ["GET", "/networks/bridge", 404, "No such network: bridge"],
    ["DELETE", "/networks/nosuch", 404, "No such network nosuch"],
    ["GET", "/volumes/v9", 404, "No such volume: v9"],
    ["DELETE", "/volumes/v9", 404, "No such volume v9"],
    ["POST", "/build/cancel", 400, "build ID not provided"],
    ["POST", "/session", 400, "no session ID provided"],
    ["POST", "/build?version=7", 500, "invalid version 7"],
    ["GET", "/networks?filters=%7B%22type%22%3A%5B%22foo%22%5D%7D", 400, "Invalid filter: 'type'='foo'"],
    [
      "GET",
      "/images/json?filters=%7B%22dangling%22%3A%5B%22x%22%5D%7D",
      400,
      "Invalid filter: 'type'='dangling'",
    ],
    [
      "GET",
      "/images/json?filters=%7B%22before%22%3A%5B%22x%22%5D%7D",
      400,
      "Invalid filter: 'type'='before': no such image found: 'x'",
    ],
  ])("%s %s is refused in the words of 1.2.9", async (method, path, status, text) => {
    const answer = await ask(method, path, method === "POST" ? { body: { Cmd: ["true"] } } : {});
    expect([answer.status, answer.text]).toEqual([status, `${text}\n`]);
    const json = await ask(method, `/v1.40${path}`, method === "POST" ? { body: { Cmd: ["true"] } } : {});
    expect([json.status, json.json]).toEqual([status, { message: text }]);
  });

  test("what cannot be placed says why, a taken name is a conflict, no JSON is a bad request", async () => {
    const tape = await ask("POST", "/containers/create", {
      body: { Image: "busybox", Env: ["constraint:storage==tape"] },
    });
    expect(tape.status).toBe(500);
    expect(tape.text).toContain("Unable to find a node that satisfies the following conditions");
    expect(tape.text).toContain("[storage==tape]");
    const body = { Image: "busybox" };
    expect((await ask("POST", "/containers/create?name=twice", { body })).status).toBe(201);
    const conflict = await ask("POST", "/containers/create?name=twice", { body });
    expect([conflict.status, conflict.text]).toEqual([
      409,
      "Conflict: The name twice is already assigned. You have to delete (or rename) that container to be able to assign twice to a container again.\n",
    ]);
    const bad = await ask("POST", "/containers/create", { body: "hello" });
    expect([bad.status, bad.text]).toEqual([400, "invalid character 'h' looking for beginning of value\n"]);
    expect((await ask("GET", "/containers/json?filters=nope")).status).toBe(400);
    const noCommand = await ask("POST", "/containers/twice/exec", { body: {} });
    expect([noCommand.status, noCommand.text]).toEqual([400, "No exec command specified\n"]);
    await ask("DELETE", "/containers/twice");
  });

  test("lists are filtered, limited and show the Swarm's own containers only among all", async () => {
    const create = async (name: string, more: Record<string, unknown> = {}) => {
      const { json } = await ask("POST", `/containers/create?name=${name}`, {
        body: { Image: "busybox", ...more },
      });
      return JSON.parse(JSON.stringify(json))["Id"];
    };
    await create("f1", { Labels: { app: "one", tier: "web" }, Env: ["constraint:node==node2"] });
    await create("f2", { Labels: { app: "two" }, Env: ["constraint:node==node10"] });
    await ask("POST", "/containers/f2/start");
    const { state } = manager.world.engine("node1");
    state.addImage("swarm:latest");
    const own = state.addContainer({ Image: "swarm:latest", Labels: {} }, "swarm-agent", "created");
    state.start(own);
    await until("the agent is seen", () => manager.world.cluster.container(own.id));
    const names = async (query: string) => {
      const { json } = await ask("GET", `/containers/json?${query}`);
      return rows(json)
        .map((row) => String(row["Names"]))
        .filter((name) => /f\d|swarm/.test(name));
    };
    const filtered = (filters: unknown, more = "all=1") =>
      names(`${more}&filters=${encodeURIComponent(JSON.stringify(filters))}`);
    expect(await names("")).toEqual(["/node10/f2"]);
    expect(await names("all=1")).toEqual(["/node1/swarm-agent", "/node10/f2", "/node2/f1"]);
    expect(await names("limit=9")).toEqual(["/node10/f2", "/node2/f1"]);
    expect(await filtered({ status: ["running"] }, "")).toEqual(["/node10/f2"]);
    expect(await filtered({ status: ["exited", "running"] }, "")).toEqual([
      "/node1/swarm-agent",
      "/node10/f2",
    ]);
    expect(await filtered({ name: ["f1"] })).toEqual(["/node2/f1"]);
    expect(await filtered({ name: { "^/f[12]$": true } })).toEqual(["/node10/f2", "/node2/f1"]);
    expect(await filtered({ label: ["app=one", "tier"] })).toEqual(["/node2/f1"]);
    expect(await filtered({ status: ["created"] }, "")).toEqual(["/node2/f1"]);
    expect(await filtered({ node: ["node1"] }, "")).toEqual(["/node10/f2"]);
    expect(await filtered({ node: ["^node2$"] })).toEqual(["/node2/f1"]);
    expect(await filtered({ ancestor: ["busybox"], "is-task": ["false"] })).toEqual([
      "/node10/f2",
      "/node2/f1",
    ]);
    expect(await filtered({ since: ["f1"] })).toEqual(["/node1/swarm-agent", "/node10/f2"]);
    expect(await filtered({ before: ["f2"] })).toEqual(["/node2/f1"]);
    expect(await filtered({ network: ["nosuch"] })).toEqual([]);
    expect(await names("limit=1")).toEqual(["/node10/f2"]);
    const sized = rows(
      (await ask("GET", "/containers/json?size=1&filters=%7B%22name%22%3A%5B%22f2%22%5D%7D")).json,
    );
    expect(sized.map((row) => [row["SizeRw"], row["SizeRootFs"]])).toEqual([[42, 4_261_574]]);
    for (const filters of [
      { name: ["("] },
      { status: ["asleep"] },
      { publish: ["x"] },
      { exited: ["x"] },
      ["a"],
    ])
      expect(
        (await ask("GET", `/containers/json?filters=${encodeURIComponent(JSON.stringify(filters))}`)).status,
      ).toBe(400);
    for (const name of ["f1", "f2"]) await ask("DELETE", `/containers/${name}?force=1`);
    state.containers.delete(own.id);
  });

  test("logs, top, stats and archives are the engine's own answers", async () => {
    await ask("POST", "/containers/create?name=own", {
      body: { Image: "busybox", Env: ["constraint:node==node2"] },
    });
    await ask("POST", "/containers/own/start");
    const top = await ask("GET", "/v1.41/containers/own/top?ps_args=aux");
    expect(top.status).toBe(200);
    const seen = manager.world.engine("node2").requests.at(-1);
    expect(seen?.url).toMatch(/^\/v1\.41\/containers\/[0-9a-f]{64}\/top\?ps_args=aux$/);
    await ask("DELETE", "/containers/own?force=1");
  });
});
