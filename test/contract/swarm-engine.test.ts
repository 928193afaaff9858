import { existsSync } from "node:fs";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Lab, openLab } from "../lab/engines.ts";
import { type Json, record } from "../support/fake-engine/objects.ts";
import { startFakeEngine } from "../support/fake-engine.ts";

/** The engine in memory and real ones, asked the same questions: what tests rely on must be true of both. */

interface Target {
  /** Options of http.request that lead to the engine. */
  where: { socketPath: string } | { host: string; port: number };
  close(): Promise<void>;
}

interface Answer {
  status: number;
  headers: IncomingMessage["headers"];
  body: unknown;
}

const timeoutMs = 60_000;

function open(target: Target, method: string, path: string, body?: Json): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { "Content-Type": "application/json" };
    const outgoing = httpRequest({ ...target.where, method, path, headers, timeout: timeoutMs }, resolve);
    outgoing.once("timeout", () => outgoing.destroy(new Error(`${method} ${path} got no answer`)));
    outgoing.once("error", reject);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

async function call(target: Target, method: string, path: string, body?: Json): Promise<Answer> {
  const answer = await open(target, method, path, body);
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString("utf8");
  const isJson = answer.headers["content-type"]?.startsWith("application/json") && text !== "";
  const parsed: unknown = isJson ? JSON.parse(text.split("\n")[0] ?? "") : text;
  return { status: answer.statusCode ?? 0, headers: answer.headers, body: parsed };
}

async function fakeTarget(): Promise<Target> {
  const engine = await startFakeEngine({ name: "fake" });
  const [host = "", port = ""] = engine.addr.split(":");
  return { where: { host, port: Number(port) }, close: () => engine.stop() };
}

let lab: Lab | undefined;

async function realTarget(docker: 20 | 26): Promise<Target> {
  lab ??= await openLab();
  const { engine } = await lab.host({ docker });
  const importBusybox =
    "tar -C / -c bin/busybox | docker import --change 'CMD [\"/bin/busybox\"]' - busybox:latest";
  await lab.run("sh", ["-c", importBusybox], { env: { DOCKER_HOST: engine.address } });
  return { where: { socketPath: engine.address.replace("unix://", "") }, close: () => engine.stop() };
}

const canRunEngines =
  process.getuid?.() === 0 && existsSync("/usr/sbin/dockerd") && existsSync("/bin/busybox");
const hasDocker26 = existsSync(
  `${process.env["MACHINE_TEST_CACHE"] ?? "/var/cache/machine"}/trixie-docker/usr/sbin/dockerd`,
);

const targets: readonly [string, boolean, () => Promise<Target>][] = [
  ["the engine in memory", true, fakeTarget],
  ["Docker 20.10 (needs root, dockerd, busybox-static)", canRunEngines, () => realTarget(20)],
  [
    "Docker 26 (needs root and the tree of trixie's docker.io)",
    canRunEngines && hasDocker26,
    () => realTarget(26),
  ],
];

afterAll(async () => {
  await lab?.close();
});

for (const [name, isPossible, start] of targets) {
  describe.skipIf(!isPossible)(name, () => {
    let target: Target;
    beforeAll(async () => {
      target = await start();
    });
    afterAll(() => target?.close());
    const ask = (method: string, path: string, body?: Json) => call(target, method, path, body);
    const create = async (containerName: string, more: Json = {}) => {
      const config = {
        Image: "busybox",
        Cmd: ["/bin/busybox", "sleep", "600"],
        HostConfig: { NetworkMode: "none" },
        ...more,
      };
      const { status, body } = await ask("POST", `/containers/create?name=${containerName}`, config);
      expect(status).toBe(201);
      return String(record(body)["Id"]);
    };

    test("says what it is", async () => {
      const info = await ask("GET", "/info");
      expect(info.body).toMatchObject({
        ID: expect.any(String),
        Name: expect.any(String),
        NCPU: expect.any(Number),
        MemTotal: expect.any(Number),
        OSType: "linux",
        Driver: expect.any(String),
        SystemTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        ServerVersion: expect.any(String),
      });
      const version = await ask("GET", "/version");
      expect(version.body).toMatchObject({
        ApiVersion: expect.stringMatching(/^1\.\d+$/),
        MinAPIVersion: expect.stringMatching(/^1\.\d+$/),
      });
      const ping = await ask("HEAD", "/_ping");
      expect(ping.headers["api-version"]).toBe(record(version.body)["ApiVersion"]);
    });

    test("refuses versions that it does not speak", async () => {
      const old = await ask("GET", "/v1.1/info");
      expect(old.status).toBe(400);
      expect(JSON.stringify(old.body)).toMatch(
        /client version 1\.1 is too old\. Minimum supported API version is 1\./,
      );
      const young = await ask("GET", "/v1.999/info");
      expect(JSON.stringify(young.body)).toMatch(
        /client version 1\.999 is too new\. Maximum supported API version is 1\./,
      );
    });

    test("creates, lists and inspects", async () => {
      const id = await create("c1", {
        Labels: { a: "b" },
        ExposedPorts: { "80/tcp": {} },
        HostConfig: {
          NetworkMode: "none",
          Memory: 64 * 1024 ** 2,
          CpuShares: 512,
          PortBindings: { "80/tcp": [{ HostPort: "8080" }] },
        },
      });
      const list = await ask(
        "GET",
        `/containers/json?all=1&filters=${encodeURIComponent(JSON.stringify({ id: [id] }))}`,
      );
      expect(list.body).toMatchObject([
        {
          Id: id,
          Names: ["/c1"],
          Image: "busybox",
          ImageID: expect.stringMatching(/^sha256:/),
          Labels: { a: "b" },
          State: "created",
          Status: "Created",
          Created: expect.any(Number),
          HostConfig: { NetworkMode: "none" },
        },
      ]);
      const inspect = await ask("GET", `/containers/${id.slice(0, 12)}/json`);
      expect(inspect.body).toMatchObject({
        Id: id,
        Name: "/c1",
        State: { Status: "created", Running: false, StartedAt: "0001-01-01T00:00:00Z" },
        Config: {
          Image: "busybox",
          Hostname: id.slice(0, 12),
          Labels: { a: "b" },
          ExposedPorts: { "80/tcp": {} },
        },
        HostConfig: {
          Memory: 64 * 1024 ** 2,
          CpuShares: 512,
          PortBindings: { "80/tcp": [{ HostPort: "8080" }] },
        },
      });
      expect(await ask("DELETE", `/containers/${id}`)).toMatchObject({ status: 204 });
      expect(await ask("GET", `/containers/${id}/json`)).toMatchObject({
        status: 404,
        body: { message: `No such container: ${id}` },
      });
    });

    test("refuses what cannot be", async () => {
      const missing = await ask("POST", "/containers/create", { Image: "nosuch:1" });
      expect(missing).toMatchObject({ status: 404, body: { message: "No such image: nosuch:1" } });
      const small = await ask("POST", "/containers/create", {
        Image: "busybox",
        HostConfig: { Memory: 1024 },
      });
      expect(small.status).toBe(400);
      const id = await create("taken");
      const again = await ask("POST", "/containers/create?name=taken", { Image: "busybox", Cmd: ["x"] });
      expect(again.status).toBe(409);
      expect(record(again.body)["message"]).toMatch(
        /^Conflict\. The container name "\/taken" is already in use/,
      );
      await create("free");
      expect((await ask("POST", "/containers/free/rename?name=taken")).status).toBe(409);
      expect((await ask("POST", "/containers/free/rename?name=other")).status).toBe(204);
      expect((await ask("POST", "/containers/other/kill")).status).toBe(409);
      for (const one of [id, "other"]) await ask("DELETE", `/containers/${one}`);
    });

    test("tells events as they come and again from a given time", async () => {
      const since = Math.floor(
        Date.parse(String(record((await ask("GET", "/info")).body)["SystemTime"])) / 1000,
      );
      const stream = await open(target, "GET", "/events");
      const id = await create("seen");
      const live = await firstEvent(stream, id);
      expect(live).toMatchObject({
        status: "create",
        id,
        from: "busybox",
        Type: "container",
        Action: "create",
        Actor: { ID: id, Attributes: { image: "busybox", name: "seen" } },
        scope: "local",
        time: expect.any(Number),
        timeNano: expect.any(Number),
      });
      const again = await firstEvent(await open(target, "GET", `/events?since=${since}`), id);
      expect(again).toEqual(live);
      await ask("DELETE", `/containers/${id}`);
    });

    test("lists images, networks and volumes", async () => {
      const images = await ask("GET", "/images/json?all=1");
      expect(images.body).toMatchObject([
        { Id: expect.stringMatching(/^sha256:/), RepoTags: ["busybox:latest"], Size: expect.any(Number) },
      ]);
      const networks = await ask("GET", "/networks");
      expect(networks.body).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ Name: "host", Driver: "host", Scope: "local", Id: expect.any(String) }),
        ]),
      );
      expect((await ask("GET", "/networks/nosuch")).status).toBe(404);
      expect((await ask("POST", "/volumes/create", { Name: "v1" })).body).toMatchObject({
        Name: "v1",
        Driver: "local",
        Scope: "local",
      });
      expect((await ask("GET", "/volumes")).body).toMatchObject({ Volumes: [{ Name: "v1" }] });
      expect((await ask("DELETE", "/volumes/v1")).status).toBe(204);
      expect((await ask("GET", "/volumes/v1")).status).toBe(404);
    });
  });
}

/** The first event about the container; ends the stream. */
async function firstEvent(stream: IncomingMessage, id: string): Promise<unknown> {
  const timer = setTimeout(() => stream.destroy(new Error("no event came")), timeoutMs);
  try {
    let text = "";
    for await (const chunk of stream) {
      text += String(chunk);
      for (const line of text.split("\n").slice(0, -1)) {
        const event: unknown = JSON.parse(line);
        if (record(event)["id"] === id) return event;
      }
      text = text.slice(text.lastIndexOf("\n") + 1);
    }
    throw new Error("the stream ended without the event");
  } finally {
    clearTimeout(timer);
    stream.destroy();
  }
}
