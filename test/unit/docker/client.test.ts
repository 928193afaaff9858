import { writeFile } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { userEngine } from "../../../src/docker/client.ts";
import { tempDir } from "../../support/temp-dir.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function engineAt(socketPath: string, answer: RequestListener) {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return userEngine(async () => ({ url: `unix://${socketPath}`, certPath: "" }), "/nowhere");
}

it("passes method, path, query and body as they are, and gives any status as an answer", async () => {
  await using dir = await tempDir();
  const seen: string[] = [];
  const engine = await engineAt(join(dir.path, "d.sock"), (request, response) => {
    let text = "";
    request.on("data", (chunk) => {
      text += String(chunk);
    });
    request.on("end", () => {
      seen.push(`${request.method} ${request.url} ${text}`);
      response.statusCode = request.method === "DELETE" ? 404 : 201;
      response.end(request.method === "DELETE" ? '{"message":"no such thing"}' : '{"Id":"x"}');
    });
  });
  expect(await engine.request("POST", "/containers/create?name=a%20b", { Image: "i" })).toEqual({
    status: 201,
    body: { Id: "x" },
  });
  expect(await engine.request("DELETE", "/containers/x?force=1&v=1")).toEqual({
    status: 404,
    body: { message: "no such thing" },
  });
  expect(seen[0]).toBe('POST /containers/create?name=a%20b {"Image":"i"}');
  expect(seen[1]).toMatch(/^DELETE \/containers\/x\?force=1&v=1 /);
  expect(engine.address).toBe(`unix://${join(dir.path, "d.sock")}`);
});

it("streams an archive to the engine and shows its refusal", async () => {
  await using dir = await tempDir();
  const archive = join(dir.path, "image.tar");
  await writeFile(archive, "x".repeat(200_000));
  let bytes = 0;
  let answer = '{"stream":"Loaded image: a:b\\n"}';
  const engine = await engineAt(join(dir.path, "d.sock"), (request, response) => {
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
    });
    request.on("end", () => response.end(answer));
  });
  await engine.load(archive);
  expect(bytes).toBe(200_000);
  answer = '{"errorDetail":{"message":"no space"},"error":"no space left"}';
  await expect(engine.load(archive)).rejects.toMatchObject({
    code: "ENGINE_REFUSED",
    message: expect.stringContaining("no space left"),
  });
});

it("says where no engine answers", async () => {
  const engine = userEngine(async () => ({ url: "unix:///nowhere/d.sock", certPath: "" }), "/nowhere");
  await expect(engine.request("GET", "/info")).rejects.toMatchObject({
    code: "ENGINE_UNREACHABLE",
    message: expect.stringContaining("unix:///nowhere/d.sock"),
  });
});

it("says that an engine which takes the connection and never answers did not answer in time", async () => {
  await using dir = await tempDir();
  const path = join(dir.path, "d.sock");
  await engineAt(path, () => undefined);
  const engine = userEngine(async () => ({ url: `unix://${path}`, certPath: "" }), "/nowhere", {
    answerMs: 50,
  });
  await expect(engine.request("GET", "/info")).rejects.toMatchObject({
    code: "ENGINE_SILENT",
    message: `the Docker engine at unix://${path} did not answer within 0.05 s`,
    hint: expect.stringContaining("MACHINE_TIMEOUT_API"),
  });
});

it("ends a question at once when interrupted, and asks again for what is removed afterwards", async () => {
  await using dir = await tempDir();
  const path = join(dir.path, "d.sock");
  const controller = new AbortController();
  let silent = true;
  await engineAt(path, (_request, response) => {
    if (silent) controller.abort(new Error("interrupted"));
    else response.end("{}");
  });
  const engine = userEngine(async () => ({ url: `unix://${path}`, certPath: "" }), "/nowhere", {
    signal: controller.signal,
  });
  await expect(engine.request("GET", "/info")).rejects.toThrow("interrupted");
  silent = false;
  expect(await engine.request("GET", "/info")).toEqual({ status: 200, body: {} });
});

it("finishes a call that makes something when interrupted, so that it is known", async () => {
  await using dir = await tempDir();
  const path = join(dir.path, "d.sock");
  const controller = new AbortController();
  await engineAt(path, (request, response) => {
    controller.abort(new Error("interrupted"));
    request.resume().once("end", () => response.writeHead(201).end('{"Id":"x"}'));
  });
  const engine = userEngine(async () => ({ url: `unix://${path}`, certPath: "" }), "/nowhere", {
    signal: controller.signal,
  });
  expect(await engine.request("POST", "/containers/create", {})).toEqual({ status: 201, body: { Id: "x" } });
});
