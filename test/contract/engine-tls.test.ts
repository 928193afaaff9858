import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer as createHttp, type RequestListener, type Server } from "node:http";
import { createServer as createHttps, type ServerOptions } from "node:https";
import { type AddressInfo, createServer as createTcp, type Socket, type Server as TcpServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type CertificatePair, generateCa, generateLeaf } from "../../src/certs/generate.ts";
import { probeEngine } from "../../src/machine/engine-probe.ts";
import { tempDir } from "../support/temp-dir.ts";

/** The check of `env` and `ls` against real TLS servers, with the certificates that `machine` makes. */

interface Side {
  ca: CertificatePair;
  client: CertificatePair;
  server: CertificatePair;
}

let own: Side;
let foreign: Side;
let directory: Awaited<ReturnType<typeof tempDir>>;
const servers: TcpServer[] = [];
const sockets = new Set<Socket>();

async function side(): Promise<Side> {
  const nowMs = Date.now();
  const ca = await generateCa("alice", nowMs);
  const [client, server] = await Promise.all([
    generateLeaf(ca, { organization: "alice.<bootstrap>", nowMs, use: "client", sans: [] }),
    generateLeaf(ca, {
      organization: "alice.m",
      nowMs,
      use: "serverAndClient",
      sans: ["127.0.0.1", "localhost"],
    }),
  ]);
  return { ca, client, server };
}

beforeAll(async () => {
  directory = await tempDir();
  [own, foreign] = await Promise.all([side(), side()]);
});
afterAll(() => directory[Symbol.asyncDispose]());
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

async function listen(server: TcpServer | Server, path?: string): Promise<number> {
  servers.push(server);
  server.on("connection", (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => {
    if (path === undefined) server.listen(0, "127.0.0.1", resolve);
    else server.listen(path, resolve);
  });
  const address: AddressInfo | string | null = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

const answerVersion: RequestListener = (request, response) => {
  response.statusCode = request.url === "/version" ? 200 : 404;
  response.end(JSON.stringify({ Version: "28.0.1", ApiVersion: "1.48", Components: [] }));
};

async function engine(
  pair: CertificatePair,
  more: ServerOptions = {},
  listener = answerVersion,
): Promise<string> {
  const options = {
    cert: pair.cert,
    key: pair.key,
    ca: own.ca.cert,
    requestCert: true,
    rejectUnauthorized: true,
  };
  return `127.0.0.1:${await listen(createHttps({ ...options, ...more }, listener))}`;
}

const probe = (url: string, client = own.client, timeoutMs = 20_000) =>
  probeEngine({ url, ca: own.ca.cert, cert: client.cert, key: client.key }, { timeoutMs });

describe.each(["TLSv1.2", "TLSv1.3"] as const)("an engine behind %s", (version) => {
  const only: ServerOptions = { minVersion: version, maxVersion: version };

  it("tells its version to a client of the same CA, by IP and by name", async () => {
    const address = await engine(own.server, only);
    expect(await probe(`tcp://${address}`)).toEqual({ version: "28.0.1", apiVersion: "1.48" });
    expect(await probe(`tcp://${address.replace("127.0.0.1", "localhost")}`)).toMatchObject({
      version: "28.0.1",
    });
  });

  it("refuses a client of another CA, and that is noticed", async () => {
    const address = await engine(own.server, only);
    await expect(probe(`tcp://${address}`, foreign.client)).rejects.toMatchObject({ why: "refused" });
  });

  it("of another CA is refused by the client", async () => {
    const address = await engine(foreign.server, only);
    await expect(probe(`tcp://${address}`)).rejects.toMatchObject({ why: "tls" });
  });

  it("whose certificate lacks the address is refused", async () => {
    const nowMs = Date.now();
    const pair = await generateLeaf(own.ca, { organization: "x", nowMs, use: "server", sans: ["192.0.2.7"] });
    const address = await engine(pair, only);
    await expect(probe(`tcp://${address}`)).rejects.toMatchObject({ why: "tls" });
  });

  it("whose certificate has expired is refused", async () => {
    const nowMs = Date.now() - 1200 * 86_400_000;
    const pair = await generateLeaf(own.ca, { organization: "x", nowMs, use: "server", sans: ["127.0.0.1"] });
    const address = await engine(pair, only);
    await expect(probe(`tcp://${address}`)).rejects.toMatchObject({ why: "tls" });
  });
});

describe("something else than an engine", () => {
  it("that nobody listens at is unreachable", async () => {
    const server = createTcp();
    const port = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    servers.splice(0);
    await expect(probe(`tcp://127.0.0.1:${port}`)).rejects.toMatchObject({ why: "unreachable" });
  });

  it("that never answers ends at the limit", async () => {
    const port = await listen(createTcp((socket) => socket.on("error", () => undefined)));
    await expect(probe(`tcp://127.0.0.1:${port}`, own.client, 200)).rejects.toMatchObject({ why: "timeout" });
  });

  it("that speaks no TLS is noticed", async () => {
    const port = await listen(createHttp(answerVersion));
    await expect(probe(`tcp://127.0.0.1:${port}`)).rejects.toMatchObject({ why: "tls" });
  });

  it.each([
    ["text", (_request: unknown, response: { end(text: string): void }) => response.end("hello")],
    [
      "a status",
      (_request: unknown, response: { statusCode: number; end(): void }) => {
        response.statusCode = 500;
        response.end();
      },
    ],
    [
      "without end",
      (_request: unknown, response: { end(text: string): void }) => response.end("x".repeat(2_000_000)),
    ],
  ])("that answers %s is no engine", async (_what, listener) => {
    const address = await engine(own.server, {}, listener);
    await expect(probe(`tcp://${address}`)).rejects.toMatchObject({
      code: "ENGINE_NOT_ANSWERING",
      why: "answer",
    });
  });

  it("with a client key that is none gives an error of its kind", async () => {
    const address = await engine(own.server);
    await expect(probe(`tcp://${address}`, { cert: "x", key: "y" })).rejects.toMatchObject({
      code: "ENGINE_NOT_ANSWERING",
    });
  });
});

it("an engine behind a unix socket or plain HTTP is asked without certificates", async () => {
  const path = join(directory.path, "docker.sock");
  await listen(createHttp(answerVersion), path);
  expect(await probe(`unix://${path}`, { cert: "", key: "" })).toMatchObject({ version: "28.0.1" });
  const port = await listen(createHttp(answerVersion));
  expect(await probe(`http://127.0.0.1:${port}`)).toMatchObject({ version: "28.0.1" });
});

it("an aborted command ends with the reason of its signal", async () => {
  const port = await listen(createTcp((socket) => socket.on("error", () => undefined)));
  const reason = new Error("interrupted");
  const aborter = new AbortController();
  const asked = probeEngine(
    { url: `tcp://127.0.0.1:${port}`, ca: own.ca.cert, cert: own.client.cert, key: own.client.key },
    { timeoutMs: 60_000, signal: aborter.signal },
  );
  aborter.abort(reason);
  await expect(asked).rejects.toBe(reason);
});

it("OpenSSL's strict verification accepts every certificate for its purpose", async () => {
  const folder = join(directory.path, "pem");
  await mkdir(folder);
  for (const [name, pair] of Object.entries(own)) await writeFile(join(folder, name), pair.cert);
  const verify = (purpose: string, name: string) =>
    promisify(execFile)("openssl", ["verify", "-x509_strict", "-CAfile", "ca", "-purpose", purpose, name], {
      cwd: folder,
    });
  expect((await verify("sslclient", "client")).stdout).toContain("client: OK");
  expect((await verify("sslserver", "server")).stdout).toContain("server: OK");
  expect((await verify("sslclient", "server")).stdout).toContain("server: OK");
  await expect(verify("sslserver", "client")).rejects.toThrow(/unsuitable|unsupported/);
});
