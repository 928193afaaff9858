import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findEngine, rememberEngine } from "../../../src/docker/address.ts";
import { tempDir } from "../../support/temp-dir.ts";

describe("the user's engine", () => {
  it("is the one that DOCKER_HOST names, with its certificates", async () => {
    await using dir = await tempDir();
    const env = {
      DOCKER_HOST: "tcp://h:2376",
      DOCKER_TLS_VERIFY: "1",
      DOCKER_CERT_PATH: "/c",
      HOME: dir.path,
    };
    expect(await findEngine(env, dir.path, "linux")).toEqual({ url: "tcp://h:2376", certPath: "/c" });
    expect((await findEngine({ DOCKER_HOST: "h:2375" }, dir.path, "linux")).url).toBe("tcp://h:2375");
  });

  it("is not a machine that env points to, but the one remembered", async () => {
    await using dir = await tempDir();
    const env = { DOCKER_HOST: "tcp://192.168.92.10:2376", DOCKER_MACHINE_NAME: "m", HOME: dir.path };
    expect((await findEngine(env, dir.path, "linux")).url).toBe("unix:///var/run/docker.sock");
    await rememberEngine(dir.path, { url: "unix:///other.sock", certPath: "" });
    expect((await findEngine(env, dir.path, "linux")).url).toBe("unix:///other.sock");
    await writeFile(join(dir.path, ".machine", "engine.json"), "{broken");
    expect((await findEngine(env, dir.path, "linux")).url).toBe("unix:///var/run/docker.sock");
  });

  it("is that of the current Docker context where there is one", async () => {
    await using dir = await tempDir();
    const name = "far";
    const meta = join(dir.path, "contexts", "meta", createHash("sha256").update(name).digest("hex"));
    await mkdir(meta, { recursive: true });
    await writeFile(join(dir.path, "config.json"), JSON.stringify({ currentContext: name }));
    await writeFile(
      join(meta, "meta.json"),
      JSON.stringify({ Name: name, Endpoints: { docker: { Host: "unix:///far.sock" } } }),
    );
    const env = { DOCKER_CONFIG: dir.path };
    expect((await findEngine(env, dir.path, "linux")).url).toBe("unix:///far.sock");
    expect((await findEngine({ ...env, DOCKER_CONTEXT: "default" }, dir.path, "linux")).url).toBe(
      "unix:///var/run/docker.sock",
    );
  });

  it.each([
    [{ DOCKER_HOST: "ssh://root@h" }, 'DOCKER_HOST is "ssh://root@h"', "--driver generic"],
    [{ MACHINE_DOCKER_HOST: "ssh://h" }, 'MACHINE_DOCKER_HOST is "ssh://h"', "--driver generic"],
    [{ DOCKER_HOST: "fd://" }, 'DOCKER_HOST is "fd://"', "MACHINE_DOCKER_HOST=unix://"],
    [{ DOCKER_HOST: "tcp://:::" }, 'DOCKER_HOST is "tcp://:::"', "MACHINE_DOCKER_HOST=unix://"],
  ])("is refused with what to do where it cannot be used: %j", async (env, message, hint) => {
    await using dir = await tempDir();
    await expect(findEngine({ ...env, HOME: dir.path }, dir.path, "linux")).rejects.toMatchObject({
      code: "ENGINE_UNSUPPORTED",
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
    });
  });

  it("is refused, not passed over, where the Docker context has one that cannot be used", async () => {
    await using dir = await tempDir();
    const meta = join(dir.path, "contexts", "meta", createHash("sha256").update("far").digest("hex"));
    await mkdir(meta, { recursive: true });
    await writeFile(
      join(meta, "meta.json"),
      JSON.stringify({ Name: "far", Endpoints: { docker: { Host: "ssh://far" } } }),
    );
    const env = { DOCKER_CONFIG: dir.path, DOCKER_CONTEXT: "far" };
    await expect(findEngine(env, dir.path, "linux")).rejects.toMatchObject({
      message: expect.stringContaining('Docker context far is "ssh://far"'),
    });
  });

  it("is the usual socket of the platform else", async () => {
    await using dir = await tempDir();
    const env = { HOME: dir.path };
    expect((await findEngine(env, dir.path, "win32")).url).toBe("npipe:////./pipe/docker_engine");
  });
});
