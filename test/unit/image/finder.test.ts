import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { writeImageArchive } from "../../../src/image/archive.ts";
import { imageDirectory, keepImage } from "../../../src/image/cache.ts";
import type { ImageContext } from "../../../src/image/context.ts";
import { type ImageEngine, imageFinder } from "../../../src/image/finder.ts";
import { isoVolumeId, versionOfVolume } from "../../../src/image/iso.ts";
import { isoOfRelease, isReleases } from "../../../src/image/releases.ts";
import { imageContext, isoBytes } from "../../support/image-context.ts";
import { tempDir } from "../../support/temp-dir.ts";

const show = () => undefined;

/** An engine that knows images by tag and label. */
function engineWith(images: Map<string, string>, onLoad: (path: string) => void = show) {
  const loads: string[] = [];
  const engine: ImageEngine = {
    async request(method, path) {
      if (method === "POST") return { status: 404, body: { message: "no registry" } };
      const tag = /^\/images\/(.+)\/json$/.exec(path)?.[1] ?? "";
      const label = images.get(tag);
      if (label === undefined) return { status: 404, body: { message: "no such image" } };
      return { status: 200, body: { Config: { Labels: { "machine.image.layer": label } } } };
    },
    async load(path) {
      loads.push(path);
      onLoad(path);
    },
  };
  return { engine, loads };
}

async function keepIso(context: ImageContext, name: string, bytes: Buffer): Promise<string> {
  const directory = imageDirectory(context);
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, "new"), bytes);
  await keepImage(context, join(directory, "new"), {
    name,
    kind: "iso",
    version: "26.1.5",
    sizeBytes: bytes.length,
    sha256: "00",
    createdAt: "2026-01-01T00:00:00Z",
    origin: "built",
  });
  return join(directory, name);
}

describe("an ISO", () => {
  const { engine } = engineWith(new Map());
  const fallbackUrl = "http://127.0.0.1:1/boot2docker.iso";
  const options = { engine, fallbackUrl, pull: { download: { retries: 0 } } };

  test("is the newest that was built", async () => {
    await using dir = await tempDir();
    const { context } = imageContext(dir.path);
    const path = await keepIso(context, "boot2docker.iso", isoBytes("b2d-v26.1.5"));
    expect(await imageFinder(context, options).find({ kind: "iso", source: "" }, show)).toBe(path);
  });

  test("is docker-machine's own when none was built, and none that is damaged", async () => {
    await using dir = await tempDir();
    const { context } = imageContext(dir.path);
    const path = join(dir.path, "cache/boot2docker.iso");
    await mkdir(join(dir.path, "cache"));
    await writeFile(path, isoBytes("Boot2Docker-v19.03.12"));
    expect(await imageFinder(context, options).find({ kind: "iso", source: "" }, show)).toBe(path);
    await writeFile(path, "<html>404</html>");
    await expect(imageFinder(context, options).find({ kind: "iso", source: "" }, show)).rejects.toMatchObject(
      {
        code: "IMAGE_NOT_FOUND",
        hint: expect.stringContaining("machine image build iso"),
      },
    );
  });

  test("of the user's is checked before anything boots from it", async () => {
    await using dir = await tempDir();
    const { context } = imageContext(dir.path);
    const find = (source: string) => imageFinder(context, options).find({ kind: "iso", source }, show);
    const good = join(dir.path, "good one.iso");
    const bad = join(dir.path, "bad.iso");
    await writeFile(good, isoBytes("own-v1"));
    await writeFile(bad, "a page");
    expect(await find(good)).toBe(good);
    expect(await find(`file://${good.replace(" ", "%20")}`)).toBe(good);
    await expect(find(bad)).rejects.toMatchObject({ code: "IMAGE_NOT_AN_ISO" });
    await expect(find(join(dir.path, "missing.iso"))).rejects.toMatchObject({ code: "IMAGE_NOT_AN_ISO" });
    await expect(find(dir.path)).rejects.toMatchObject({ code: "IMAGE_NOT_AN_ISO" });
  });

  test("tells its version as docker-machine reads it", async () => {
    await using dir = await tempDir();
    const path = join(dir.path, "x.iso");
    await writeFile(path, isoBytes("Boot2Docker-v19.03.12"));
    expect(await isoVolumeId(path)).toBe("Boot2Docker-v19.03.12");
    expect(versionOfVolume("Boot2Docker-v19.03.12")).toBe("v19.03.12");
    expect(versionOfVolume("b2d-v26.1.5")).toBe("v26.1.5");
    expect(versionOfVolume("CDROM")).toBe("");
  });
});

describe("a container machine image", () => {
  async function withArchive(dir: string) {
    const layerPath = join(dir, "layer.tar");
    await writeFile(layerPath, "layer");
    const path = join(dir, "m.tar");
    const tag = "machine/boot2docker:26.1.5";
    const made = await writeImageArchive(
      { layerPath, tag, config: {}, epoch: 1, architecture: "amd64" },
      path,
    );
    return { path, tag, layer: made.layer };
  }

  test("is loaded unless the engine has the very same one", async () => {
    await using dir = await tempDir();
    const { context } = imageContext(dir.path);
    const { path, tag, layer } = await withArchive(dir.path);
    const images = new Map([[tag, "an older build"]]);
    const { engine, loads } = engineWith(images, () => images.set(tag, layer));
    const find = () => imageFinder(context, { engine }).find({ kind: "container", source: path }, show);
    expect(await find()).toBe(tag);
    expect(loads).toEqual([path]);
    expect(await find()).toBe(tag);
    expect(loads).toHaveLength(1);
  });

  test("is loaded once by two that come at the same time", async () => {
    await using dir = await tempDir();
    const { context } = imageContext(dir.path);
    const { path, tag, layer } = await withArchive(dir.path);
    const images = new Map<string, string>();
    const { engine, loads } = engineWith(images, () => images.set(tag, layer));
    const find = () => imageFinder(context, { engine }).find({ kind: "container", source: path }, show);
    await Promise.all([find(), find(), find()]);
    expect(loads).toHaveLength(1);
  });

  test("by reference is taken from the engine, else missed with a hint", async () => {
    await using dir = await tempDir();
    const { context } = imageContext(dir.path);
    const { engine } = engineWith(new Map([["mine:1", ""]]));
    const find = (source: string) =>
      imageFinder(context, { engine }).find({ kind: "container", source }, show);
    expect(await find("mine:1")).toBe("mine:1");
    await expect(find("other:1")).rejects.toMatchObject({ code: "IMAGE_NOT_FOUND" });
    await expect(find("")).rejects.toMatchObject({
      code: "IMAGE_NOT_FOUND",
      hint: expect.stringContaining("machine image build container"),
    });
  });
});

test.each([
  [
    "https://api.github.com/repos/boot2docker/boot2docker/releases",
    "https://github.com/boot2docker/boot2docker",
  ],
  ["https://ghe.example.com/api/v3/repos/org/repo/releases", "https://ghe.example.com/org/repo"],
])("releases of %s lie at %s", (api, web) => {
  expect(isReleases(api)).toBe(true);
  expect(isoOfRelease(api, "v1.2.3")).toBe(`${web}/releases/download/v1.2.3/boot2docker.iso`);
  expect(isReleases(`${web}/releases/download/v1/boot2docker.iso`)).toBe(false);
});
