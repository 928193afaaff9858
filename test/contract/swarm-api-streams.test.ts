import { request as httpRequest, type ServerResponse } from "node:http";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { isJson, textAt } from "../../src/swarm/scheduler/json.ts";
import { RawClient, type TestManager, testManager } from "../support/swarm-manager.ts";
import { until } from "../support/test-cluster.ts";

let manager: TestManager;

beforeEach(async () => {
  manager = await testManager([{ name: "node1" }, { name: "node2" }]);
});
afterEach(() => manager[Symbol.asyncDispose]());

async function running(name: string, more: Record<string, unknown> = {}): Promise<string> {
  const body = { Image: "busybox", Env: ["constraint:node==node1"], ...more };
  const { text } = await manager.ask("POST", `/v1.41/containers/create?name=${name}`, { body });
  await manager.ask("POST", `/containers/${name}/start`);
  return JSON.parse(text)["Id"];
}

const attachHead = (name: string, more: string) =>
  `POST /v1.41/containers/${name}/attach?stream=1&stdin=1&stdout=1 HTTP/1.1\r\nHost: x\r\n${more}\r\n`;

describe("connections that are taken over", () => {
  test("attach by upgrade: bytes both ways, each half closed by itself", async () => {
    await running("tty", { Tty: true });
    const client = new RawClient(manager.addr);
    client.socket.write(`${attachHead("tty", "Connection: Upgrade\r\nUpgrade: tcp\r\n")}early `);
    await client.until("the early bytes came back", (text) => text.includes("early "));
    expect(client.text).toMatch(/^HTTP\/1\.1 101 UPGRADED\r\n/);
    client.socket.write("late");
    await client.until("the late bytes came back", (text) => text.endsWith("early late"));
    client.socket.end("last");
    expect((await client.end()).endsWith("early latelast")).toBe(true);
  });

  test("attach in the old form, with input in the same packet as the head", async () => {
    await running("old", { Tty: true });
    const seen: string[] = [];
    const { requests } = manager.world.engine("node1");
    const client = new RawClient(manager.addr);
    client.socket.write(`${attachHead("old", "Content-Type: text/plain\r\n")}GET is no request here`);
    await client.end();
    seen.push(...requests.map(({ url, headers }) => `${url} ${headers.upgrade ?? "-"}`));
    const attach = seen.find((text) => text.includes("/attach"));
    expect(attach).toMatch(/\/containers\/[0-9a-f]{64}\/attach\?stream=1&stdin=1&stdout=1 -$/);
  });

  test("exec: created, started by upgrade, inspected", async () => {
    await running("exec");
    const created = await manager.ask("POST", "/v1.41/containers/exec/exec", {
      body: { Cmd: ["sh"], AttachStdin: true, AttachStdout: true, Tty: true },
    });
    const id = JSON.parse(created.text)["Id"];
    const body = JSON.stringify({ Detach: false, Tty: true });
    const client = new RawClient(manager.addr);
    client.socket.write(
      `POST /v1.41/exec/${id}/start HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n`,
    );
    client.socket.write(body);
    await client.until("the switch", (text) => text.includes("\r\n\r\n"));
    client.socket.end("hello");
    expect(await client.end()).toMatch(/101 UPGRADED[\s\S]*hello$/);
    expect((await manager.ask("GET", `/exec/${id}/json`)).json).toMatchObject({ ID: id });
  });

  test("an exec of before the manager's start is found on its engine, asked for once", async () => {
    await running("early");
    const container = manager.world.cluster.container("early");
    const node = container?.node ?? expect.fail("early is not there");
    const { body } = await node.client.json({
      method: "POST",
      path: `/containers/${container?.id}/exec`,
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ Cmd: ["sh"] }),
    });
    const id = isJson(body) ? textAt(body, "Id") : "";
    const askedAbout = (execId: string) =>
      manager.world.engines.flatMap(({ requests }) =>
        requests.filter(({ method, url }) => method === "GET" && url.endsWith(`/exec/${execId}/json`)),
      ).length;
    expect((await manager.ask("POST", `/exec/${id}/resize?h=1&w=1`)).status).toBe(200);
    const inspected = await Promise.all([1, 2].map(() => manager.ask("GET", `/exec/${id}/json`)));
    expect(inspected.map(({ json }) => json)).toMatchObject([{ ID: id }, { ID: id }]);
    expect(askedAbout(id)).toBeLessThanOrEqual(manager.world.engines.length + 2);
    const missing = "f".repeat(64);
    expect(await manager.ask("GET", `/exec/${missing}/json`)).toMatchObject({ status: 404 });
    expect(askedAbout(missing)).toBe(manager.world.engines.length);
    expect((await manager.ask("GET", "/exec/nosuch/json")).text).toContain("Exec nosuch not found");
    expect(askedAbout("nosuch")).toBe(0);
  });

  test("a refused upgrade is an ordinary answer, the last on its connection", async () => {
    const client = new RawClient(manager.addr);
    client.socket.write(attachHead("nobody", "Connection: Upgrade\r\nUpgrade: tcp\r\n"));
    expect(await client.end()).toMatch(
      /^HTTP\/1\.1 404 Not Found\r\n[\s\S]*Connection: close\r\n\r\n\{"message":"No such container: nobody"\}\n$/,
    );
  });

  test("an ordinary request that offers another protocol is served as it is", async () => {
    const client = new RawClient(manager.addr);
    client.socket.write("GET /_ping HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n");
    await client.until("the answer", (text) => text.endsWith("OK"));
    client.socket.write("GET /version HTTP/1.1\r\nHost: x\r\n\r\n");
    await client.until("a second answer on the same connection", (text) => text.includes("swarm/1.2.9"));
    client.close();
  });

  test("a client that leaves early frees the engine's connection", async () => {
    await running("left", { Tty: true });
    const engine = manager.world.engine("node1");
    let open = 0;
    engine.fault = ({ url }) => {
      if (!url.includes("/logs")) return "pass";
      return (response: ServerResponse) => {
        open++;
        response.writeHead(200).flushHeaders();
        response.once("close", () => open--);
      };
    };
    const client = new RawClient(manager.addr);
    client.socket.write("GET /containers/left/logs?follow=1&stdout=1 HTTP/1.1\r\nHost: x\r\n\r\n");
    await client.until("the head came at once", (text) => text.includes("200 OK"));
    expect(open).toBe(1);
    client.close();
    await until("the engine's connection is closed", () => open === 0);
  });
});

describe("streams", () => {
  test("an endless answer is read no faster than the client takes it", async () => {
    await running("flood");
    let sent = 0;
    const block = Buffer.alloc(64 * 1024, "x");
    manager.world.engine("node1").fault = ({ url }) => {
      if (!url.includes("/logs")) return "pass";
      return (response: ServerResponse) => {
        response.writeHead(200);
        const more = () => {
          while (!response.destroyed && sent < 400_000_000) {
            sent += block.length;
            if (!response.write(block)) return;
          }
        };
        response.on("drain", more);
        more();
      };
    };
    const client = new RawClient(manager.addr);
    client.socket.pause();
    client.socket.write("GET /containers/flood/logs?follow=1&stdout=1 HTTP/1.1\r\nHost: x\r\n\r\n");
    await until("something was sent", () => sent > 0);
    let last = -1;
    await until("the engine waits", () => {
      const isStill = sent === last;
      last = sent;
      return isStill;
    });
    expect(sent).toBeLessThan(100_000_000);
    client.close();
  });

  test("events of all nodes carry the node, filters choose, until ends", async () => {
    const started = Math.floor(Date.now() / 1000) - 1;
    await running("seen");
    await running("unseen");
    const filters = encodeURIComponent(JSON.stringify({ container: ["seen"], event: ["start", "create"] }));
    const ended = await manager.ask(
      "GET",
      `/events?since=${started}&until=${started + 3}&filters=${filters}`,
    );
    const events = ended.text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(events.map(({ Action }) => Action)).toEqual(["create", "start"]);
    expect(events[0]).toMatchObject({
      Type: "container",
      from: "busybox node:node1",
      node: { Name: "node1" },
      Actor: { Attributes: { "node.name": "node1", name: "seen" } },
    });
    expect((await manager.ask("GET", "/events?until=x")).status).toBe(400);
    expect((await manager.ask("GET", "/events?until=1")).text).toBe("");
  });

  test("events come as they happen", async () => {
    const client = new RawClient(manager.addr);
    client.socket.write("GET /v1.41/events HTTP/1.1\r\nHost: x\r\n\r\n");
    await client.until("the head", (text) => text.includes("\r\n\r\n"));
    await running("now");
    await client.until("the start", (text) => text.includes('"Action":"start"'));
    client.close();
  });

  test("an archive is loaded into every node", async () => {
    const got = new Map<string, number>();
    for (const engine of manager.world.engines) {
      engine.fault = ({ url }) => {
        if (!url.includes("/images/load")) return "pass";
        return (response: ServerResponse) => {
          let size = 0;
          response.req.on("data", (chunk: Buffer) => {
            size += chunk.length;
          });
          response.req.on("end", () => {
            got.set(engine.state.specs.name, size);
            response.end('{"stream":"Loaded image: x:latest\\n"}\n');
          });
        };
      };
    }
    const body = "z".repeat(3_000_000);
    const { text } = await manager.ask("POST", "/images/load?quiet=1", { body });
    expect(Object.fromEntries(got)).toEqual({ node1: 3_000_000, node2: 3_000_000 });
    const ids = new Set(
      text
        .trim()
        .split("\n")
        .map((line) => String(JSON.parse(line).id)),
    );
    expect(ids).toEqual(new Set(["node1", "node2"]));
  });

  test("wait answers its head at once and its body at the end", async () => {
    await running("waited");
    const heads: number[] = [];
    const body = new Promise<string>((resolve, reject) => {
      const [host = "", port = ""] = manager.addr.split(":");
      const request = httpRequest({
        host,
        port,
        method: "POST",
        path: "/containers/waited/wait",
        agent: false,
      });
      request.once("error", reject);
      request.once("response", (answer) => {
        heads.push(answer.statusCode ?? 0);
        let text = "";
        answer.on("data", (chunk) => {
          text += String(chunk);
        });
        answer.once("end", () => resolve(text));
      });
      request.end();
    });
    await until("the head came", () => heads.length > 0);
    await manager.ask("POST", "/containers/waited/kill");
    expect(JSON.parse(await body)).toHaveProperty("StatusCode");
    const { json } = await manager.ask("GET", "/containers/waited/json");
    expect(json).toMatchObject({ State: { Running: false } });
  });

  test("a build goes to one node, its session follows it, its lines carry the node", async () => {
    const seen: string[] = [];
    for (const engine of manager.world.engines) {
      engine.fault = ({ url, headers }) => {
        if (!url.includes("/build")) return "pass";
        seen.push(`${engine.state.specs.name} ${url}`);
        return (response: ServerResponse) => {
          response.req.resume();
          expect(headers.expect).toBeUndefined();
          response.end('{"stream":"Step 1/1 : FROM busybox"}\r\n{"stream":"\\n"}\r\n');
        };
      };
    }
    const args = encodeURIComponent(JSON.stringify({ A: "b", "constraint:node==node2": "" }));
    const built = await manager.ask("POST", `/v1.41/build?t=x&buildargs=${args}&newthing=1`, { body: "tar" });
    expect(
      built.text
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line).id),
    ).toEqual(["node2", "node2"]);
    const query = new URL(`http://x${seen[0]?.split(" ")[1]}`).searchParams;
    expect(query.get("buildargs")).toBe('{"A":"b"}');
    expect(query.get("newthing")).toBe("1");

    const client = new RawClient(manager.addr);
    client.socket.write(
      "POST /v1.41/session HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nX-Docker-Expose-Session-Uuid: s1\r\n\r\n",
    );
    await manager.ask("POST", `/v1.41/build?version=2&session=s1&buildid=b1&buildargs=${args}`, {
      body: "x",
    });
    await client.until("the session was joined", (text) => text.includes("101 UPGRADED"));
    client.socket.end("ping");
    expect((await client.end()).endsWith("ping")).toBe(true);
    expect(manager.world.engine("node2").requests.some(({ url }) => url.endsWith("/session"))).toBe(true);
  });
});
