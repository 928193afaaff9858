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
