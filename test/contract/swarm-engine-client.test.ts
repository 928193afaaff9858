import { type AddressInfo, createServer } from "node:net";
import { finished } from "node:stream/promises";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { type CertificatePair, generateCa, generateLeaf } from "../../src/certs/generate.ts";
import type { EngineUnreachableError } from "../../src/swarm/engine/errors.ts";
import { HttpEngineClient } from "../../src/swarm/engine/http-client.ts";
import { type EngineTls, openTlsContext } from "../../src/swarm/engine/tls.ts";
import { type FakeEngine, type FakeEngineOptions, startFakeEngine } from "../support/fake-engine.ts";

let engines: FakeEngine[] = [];
let clients: HttpEngineClient[] = [];
afterEach(async () => {
  for (const client of clients) client.close();
  await Promise.all(engines.map((engine) => engine.stop()));
  engines = [];
  clients = [];
});

async function engine(options: FakeEngineOptions = {}): Promise<FakeEngine> {
  const started = await startFakeEngine(options);
  engines.push(started);
  return started;
}

function client(addr: string, tls?: EngineTls, timeoutMs = 5_000) {
  const outcomes: (EngineUnreachableError | undefined)[] = [];
  const opened = new HttpEngineClient({
    addr,
    tls: tls && openTlsContext(tls),
    timeoutMs,
    onOutcome: (failure) => outcomes.push(failure),
  });
  clients.push(opened);
  return { client: opened, outcomes, failures: () => outcomes.filter((one) => one !== undefined).length };
}

const info = { method: "GET", path: "/info" };

describe("what counts as a failure", () => {
  test("answers do not, whatever their status", async () => {
    const { addr } = await engine();
    const { client: own, outcomes } = client(addr);
    expect((await own.json(info)).status).toBe(200);
    await expect(own.json({ method: "GET", path: "/containers/nosuch/json" })).rejects.toMatchObject({
      status: 404,
      message: "Error response from daemon: No such container: nosuch",
      detail: "No such container: nosuch",
    });
    const raw = await own.stream({ method: "GET", path: "/containers/nosuch/json" });
    expect(raw.statusCode).toBe(404);
    raw.resume();
    await finished(raw);
    expect(outcomes).toEqual([undefined, undefined, undefined]);
  });

  test("a time-out does, while waiting for the header and within the body", async () => {
    const fake = await engine();
    const { client: own, failures } = client(fake.addr);
    fake.fault = () => "hang";
    await expect(own.json({ ...info, timeoutMs: 50 })).rejects.toThrow("gave no answer within 0.05 s");
    await expect(own.stream({ ...info, timeoutMs: 50 })).rejects.toThrow("gave no answer within 0.05 s");
    fake.fault = () => (response) => response.writeHead(200).write("{");
    await expect(own.json({ ...info, timeoutMs: 100 })).rejects.toThrow("gave no answer within 0.1 s");
    expect(failures()).toBe(3);
  });

  test("a reset, an early end and an engine that is not there do", async () => {
    const fake = await engine();
    const { client: own, failures } = client(fake.addr);
    fake.fault = () => "reset";
    await expect(own.json(info)).rejects.toThrow(/Cannot connect to the Docker daemon at tcp:/);
    fake.fault = () => (response) => {
      response.writeHead(200, { "Content-Length": 100 });
      response.write("{", () => response.destroy());
    };
    await expect(own.json(info)).rejects.toThrow(/Cannot connect/);
    await fake.stop();
    await expect(own.json(info)).rejects.toThrow(/Is the docker daemon running\? \(/);
    await expect(own.connect()).rejects.toThrow(/ECONNREFUSED/);
    expect(failures()).toBe(4);
  });

  test("a caller that leaves does not", async () => {
    const fake = await engine();
    fake.fault = () => "hang";
    const { client: own, outcomes } = client(fake.addr);
    const leaving = new AbortController();
    const calls = [
      own.json({ ...info, signal: leaving.signal }),
      own.stream({ ...info, signal: leaving.signal }),
    ];
    const results = Promise.allSettled(calls);
    leaving.abort();
    expect((await results).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    await expect(own.json({ ...info, signal: leaving.signal })).rejects.toThrow();
    expect(outcomes).toEqual([]);
  });
});

describe("connections", () => {
  test("are kept; a question over one that died meanwhile is asked again, a create is not", async () => {
    const fake = await engine();
    const { client: own, failures } = client(fake.addr);
    await own.json(info);
    fake.fault = ({ url }) => (url === "/once" ? "reset" : "pass");
    await own.json(info);
    fake.cut();
    expect((await own.json(info)).status).toBe(200);
    expect(failures()).toBe(0);
    let posts = 0;
    fake.fault = ({ method }) => {
      if (method !== "POST") return "pass";
      posts++;
      return "reset";
    };
    await expect(own.json({ method: "POST", path: "/containers/create", body: "{}" })).rejects.toThrow();
    expect(posts).toBe(1);
  });

  test("keep the case of headers and the bytes of bodies", async () => {
    const lines: string[] = [];
    const server = createServer((socket) => {
      socket.once("data", (chunk) => {
        lines.push(...chunk.toString("latin1").split("\r\n"));
        socket.end("HTTP/1.1 200 OK\r\nX-Odd-CASE: yes\r\nContent-Length: 3\r\n\r\n\x00\xff\x01", "latin1");
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address: AddressInfo | string | null = server.address();
    const { client: own } = client(`127.0.0.1:${typeof address === "object" ? address?.port : 0}`);
    const answer = await own.stream({
      method: "GET",
      path: "/x?y=z",
      apiVersion: "1.30",
      headers: { "X-My-HEADER": "1", No: undefined },
    });
    const chunks: unknown[] = [];
    for await (const chunk of answer) chunks.push(chunk);
    expect(lines[0]).toBe("GET /v1.30/x?y=z HTTP/1.1");
    expect(lines).toContain("X-My-HEADER: 1");
    expect(answer.rawHeaders).toContain("X-Odd-CASE");
    expect(chunks).toEqual([Buffer.from([0, 255, 1])]);
    server.close();
  });

  test("can be taken over, and half-closed", async () => {
    const fake = await engine();
    const container = fake.state.addContainer({ Image: "busybox", Tty: true }, "c", "running");
    const { client: own } = client(fake.addr);
    const socket = await own.connect();
    socket.write(
      `POST /containers/${container.id}/attach?stream=1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n`,
    );
    let seen = "";
    socket.on("data", (chunk: Buffer) => {
      seen += chunk.toString("latin1");
      if (seen.includes("\r\n\r\n") && !seen.includes("hello")) socket.end("hello");
    });
    await finished(socket);
    expect(seen).toMatch(/^HTTP\/1\.1 101 [\s\S]*hello$/);
  });
});

describe("TLS", () => {
  let ca: CertificatePair;
  let foreign: CertificatePair;
  const leaf = (from: CertificatePair, use: "client" | "serverAndClient", sans: string[]) =>
    generateLeaf(from, { organization: "test", nowMs: Date.now(), use, sans });
  beforeAll(async () => {
    [ca, foreign] = await Promise.all([generateCa("own", Date.now()), generateCa("foreign", Date.now())]);
  });

  async function pair(serverCa: CertificatePair, sans: string[], clientCa: CertificatePair, verify = true) {
    const server = await leaf(serverCa, "serverAndClient", sans);
    const user = await leaf(clientCa, "client", []);
    const fake = await engine({ tls: { cert: server.cert, key: server.key, ca: ca.cert } });
    return client(fake.addr, { ca: ca.cert, cert: user.cert, key: user.key, verify });
  }

  test("both sides of one CA", async () => {
    const { client: own } = await pair(ca, ["127.0.0.1"], ca);
    expect((await own.json(info)).status).toBe(200);
    (await own.connect()).destroy();
  });

  test("a certificate for other names is refused, and the error tells which it has", async () => {
    const { client: own, failures } = await pair(ca, ["10.1.2.3", "localhost"], ca);
    const message =
      /is not for this address; it holds .*(DNS:localhost.*10\.1\.2\.3|10\.1\.2\.3.*DNS:localhost)/;
    await expect(own.json(info)).rejects.toThrow(message);
    await expect(own.connect()).rejects.toThrow(message);
    expect(failures()).toBe(2);
  });

  test("a foreign engine is refused, unless nothing is to be verified", async () => {
    const strict = await pair(foreign, ["127.0.0.1"], ca);
    await expect(strict.client.json(info)).rejects.toThrow(/does not come from the CA/);
    const loose = await pair(foreign, ["10.9.9.9"], ca, false);
    expect((await loose.client.json(info)).status).toBe(200);
  });

  test("an engine refuses a foreign client", async () => {
    const { client: own, failures } = await pair(ca, ["127.0.0.1"], foreign);
    await expect(own.json(info)).rejects.toThrow();
    expect(failures()).toBe(1);
  });

  test("a plain engine is told as one", async () => {
    const fake = await engine();
    const { client: own } = client(fake.addr, { ca: ca.cert, verify: true });
    await expect(own.json(info)).rejects.toThrow(/plain tcp:/);
  });
});
