import { createHash, X509Certificate } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { createServer as createHttpServer, type RequestListener } from "node:http";
import { createServer } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { imageDirectory, imagePath, listImages } from "../../src/image/cache.ts";
import type { ImageContext } from "../../src/image/context.ts";
import { imageFinder } from "../../src/image/finder.ts";
import { pullImage } from "../../src/image/pull.ts";
import { silentLog } from "../../src/kit/log.ts";
import { realRun } from "../../src/kit/process.ts";
import { imageContext, isoBytes } from "../support/image-context.ts";
import { tempDir } from "../support/temp-dir.ts";

/** A CD of 400 KiB: several chunks of a transfer. */
const iso = Buffer.concat([isoBytes("Boot2Docker-v19.03.12"), Buffer.alloc(360 * 1024, 42)]);
const digest = createHash("sha256").update(iso).digest("hex");

interface Site extends AsyncDisposable {
  readonly url: string;
  readonly certificate: string;
  readonly requests: { path: string; range: string | undefined }[];
}

/** An HTTPS server of a self-signed certificate on 127.0.0.1. */
async function site(dir: string, answer: RequestListener): Promise<Site> {
  const run = realRun(silentLog);
  const [key, cert] = [join(dir, "key.pem"), join(dir, "cert.pem")];
  await run("openssl", [
    "req",
    "-x509",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:prime256v1",
    "-nodes",
    "-days",
    "2",
    "-subj",
    "/CN=test",
    "-addext",
    "subjectAltName=IP:127.0.0.1",
    "-keyout",
    key,
    "-out",
    cert,
  ]);
  const certificate = await readFile(cert, "utf8");
  expect(new X509Certificate(certificate).checkIP("127.0.0.1")).toBe("127.0.0.1");
  const requests: Site["requests"] = [];
  const server = createServer({ key: await readFile(key), cert: certificate }, (request, response) => {
    requests.push({ path: request.url ?? "", range: request.headers.range });
    answer(request, response);
  });
  const port = await listening(server);
  return {
    url: `https://127.0.0.1:${port}`,
    certificate,
    requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function listening(server: import("node:net").Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

const whole: RequestListener = (_request, response) => {
  response.setHeader("content-length", iso.length).setHeader("etag", '"one"').end(iso);
};

/** Sends the first `bytes` of the CD, promises all of it, and cuts the connection. */
function cutAfter(bytes: number, etag: string | undefined): RequestListener {
  return (_request, response) => {
    response.setHeader("content-length", iso.length);
    if (etag !== undefined) response.setHeader("etag", etag);
    response.write(iso.subarray(0, bytes), () => setImmediate(() => response.destroy()));
  };
}

async function pull(context: ImageContext, from: Site, path: string, sha256?: string) {
  return pullImage(context, `${from.url}${path}`, {
    ...(sha256 === undefined ? {} : { sha256 }),
    download: { certificateAuthority: from.certificate, retries: 3 },
  });
}

/** Whatever a failed pull left that could be taken for an image. */
async function leftovers(context: ImageContext): Promise<string[]> {
  return (await readdir(imageDirectory(context))).filter((name) => !/^digests\.json$/.test(name));
}

describe("machine image pull", () => {
  test("follows redirects, says that nothing verified the content, and pins its digest", async () => {
    await using dir = await tempDir();
    await using server = await site(dir.path, (request, response) => {
      if (request.url === "/latest") response.writeHead(302, { location: "/cdn/boot2docker.iso" }).end();
      else whole(request, response);
    });
    const { context, shown } = imageContext(dir.path);
    const first = await pull(context, server, "/latest");
    expect(first).toMatchObject({
      verification: "not verified",
      entry: { kind: "iso", version: "v19.03.12", sha256: digest, origin: `${server.url}/latest` },
    });
    expect(await readFile(imagePath(context, first.entry))).toEqual(iso);
    expect(shown.at(-1)).toContain("fetching");
    expect((await pull(context, server, "/latest")).verification).toBe("pinned");
  });

  test("takes a digest that is right, and refuses one that is wrong without keeping anything", async () => {
    await using dir = await tempDir();
    await using server = await site(dir.path, whole);
    const { context } = imageContext(dir.path);
    await expect(pull(context, server, "/x.iso", "0".repeat(64))).rejects.toMatchObject({
      code: "IMAGE_DIGEST_MISMATCH",
    });
    expect(await leftovers(context)).toEqual([]);
    expect((await pull(context, server, "/x.iso", `sha256:${digest.toUpperCase()}`)).verification).toBe(
      "given",
    );
  });

  test("refuses content that changed since it was first fetched, until the new digest is given", async () => {
    await using dir = await tempDir();
    let content = iso;
    await using server = await site(dir.path, (_request, response) => response.end(content));
    const { context } = imageContext(dir.path);
    await pull(context, server, "/x.iso");
    content = Buffer.concat([iso, Buffer.from("more")]);
    const changed = createHash("sha256").update(content).digest("hex");
    await expect(pull(context, server, "/x.iso")).rejects.toMatchObject({
      code: "IMAGE_DIGEST_MISMATCH",
      hint: expect.stringContaining(changed),
    });
    expect((await listImages(context)).map(({ sha256 }) => sha256)).toEqual([digest]);
    await pull(context, server, "/x.iso", changed);
    expect((await pull(context, server, "/x.iso")).verification).toBe("pinned");
  });

  test.each([404, 403, 410])("refuses the page that comes with status %i", async (status) => {
    await using dir = await tempDir();
    await using server = await site(dir.path, (_request, response) => {
      response.writeHead(status, { "content-type": "text/html" }).end("<html>no such file</html>");
    });
    const { context } = imageContext(dir.path);
    await expect(pull(context, server, "/x.iso")).rejects.toMatchObject({
      code: "IMAGE_DOWNLOAD_FAILED",
      message: expect.stringContaining(String(status)),
    });
    expect(server.requests).toHaveLength(1);
    expect(await leftovers(context)).toEqual([]);
  });

  test("refuses a page that comes with status 200 in place of an image", async () => {
    await using dir = await tempDir();
    await using server = await site(dir.path, (_request, response) => response.end("<html>log in</html>"));
    const { context } = imageContext(dir.path);
    await expect(pull(context, server, "/x.iso")).rejects.toMatchObject({ code: "IMAGE_UNKNOWN" });
    expect(await leftovers(context)).toEqual([]);
  });

  test("goes on where a cut transfer ended", async () => {
    await using dir = await tempDir();
    await using server = await site(dir.path, (request, response) => {
      const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? "");
      if (range === null) return cutAfter(100_000, '"one"')(request, response);
      expect(request.headers["if-range"]).toBe('"one"');
      const rest = iso.subarray(Number(range[1]));
      response.writeHead(206, { "content-length": rest.length, etag: '"one"' }).end(rest);
    });
    const { context } = imageContext(dir.path);
    const { entry } = await pull(context, server, "/x.iso");
    expect(entry.sha256).toBe(digest);
    expect(server.requests).toHaveLength(2);
    expect(Number(/\d+/.exec(server.requests[1]?.range ?? "")?.[0])).toBeGreaterThan(0);
  });

  test("goes on in the next call where the last one gave up", async () => {
    await using dir = await tempDir();
    let broken = true;
    await using server = await site(dir.path, (request, response) => {
      const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
      if (broken) return start === 0 ? cutAfter(100_000, '"one"')(request, response) : response.destroy();
      response.writeHead(start === 0 ? 200 : 206, { "content-length": iso.length - start, etag: '"one"' });
      response.end(iso.subarray(start));
    });
    const { context } = imageContext(dir.path);
    await expect(pull(context, server, "/x.iso")).rejects.toMatchObject({ code: "IMAGE_DOWNLOAD_FAILED" });
    expect(await listImages(context)).toEqual([]);
    broken = false;
    server.requests.length = 0;
    expect((await pull(context, server, "/x.iso")).entry.sha256).toBe(digest);
    expect(server.requests[0]?.range).toMatch(/^bytes=[1-9]/);
  });

  test("begins anew when what was cut has changed meanwhile", async () => {
    await using dir = await tempDir();
    let asked = 0;
    await using server = await site(dir.path, (request, response) => {
      asked += 1;
      if (asked === 1) return cutAfter(100_000, '"old"')(request, response);
      // If-Range with another tag: the whole of the new content
      whole(request, response);
    });
    const { context } = imageContext(dir.path);
    expect((await pull(context, server, "/x.iso")).entry.sha256).toBe(digest);
  });

  test("refuses what is cut every time", async () => {
    await using dir = await tempDir();
    await using server = await site(dir.path, cutAfter(100_000, undefined));
    const { context } = imageContext(dir.path);
    await expect(pull(context, server, "/x.iso")).rejects.toMatchObject({ code: "IMAGE_DOWNLOAD_FAILED" });
    expect(server.requests).toHaveLength(4);
    expect(await listImages(context)).toEqual([]);
  });

  test("trusts no server that the system does not", async () => {
    await using dir = await tempDir();
    await using server = await site(dir.path, whole);
    const { context } = imageContext(dir.path);
    await expect(
      pullImage(context, `${server.url}/x.iso`, { download: { retries: 0 } }),
    ).rejects.toMatchObject({ code: "IMAGE_DOWNLOAD_FAILED" });
    expect(server.requests).toEqual([]);
  });

  test("takes a file, and shows no password of a URL", async () => {
    await using dir = await tempDir();
    const path = join(dir.path, "mine.iso");
    await writeFile(path, iso);
    const { context } = imageContext(dir.path);
    expect((await pullImage(context, path)).entry).toMatchObject({ sha256: digest, origin: path });
    await expect(pullImage(context, join(dir.path, "none.iso"))).rejects.toMatchObject({
      code: "IMAGE_NOT_FOUND",
    });
    await using server = await site(dir.path, whole);
    const secret = server.url.replace("https://", "https://me:hunter2@");
    const { entry } = await pullImage(context, `${secret}/x.iso?token=hunter3`, {
      download: { certificateAuthority: server.certificate },
    });
    expect(JSON.stringify(entry)).not.toMatch(/hunter/);
  });

  test("goes through the proxy that the environment names", async () => {
    await using dir = await tempDir();
    await using server = await site(dir.path, whole);
    const asked: string[] = [];
    const port = Number(new URL(server.url).port);
    const proxy = createHttpServer();
    proxy.on("connect", (request, socket) => {
      asked.push(request.url ?? "");
      const through = connect(port, "127.0.0.1", () => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n");
        through.pipe(socket).pipe(through);
      });
      through.on("error", () => socket.destroy());
      socket.on("error", () => through.destroy());
    });
    const proxyPort = await listening(proxy);
    try {
      const { context } = imageContext(dir.path, { env: { https_proxy: `http://127.0.0.1:${proxyPort}` } });
      await expect(
        pullImage(context, "https://images.invalid/x.iso", {
          download: { certificateAuthority: server.certificate, retries: 0 },
        }),
      ).rejects.toMatchObject({ code: "IMAGE_DOWNLOAD_FAILED" }); // the certificate is of 127.0.0.1
      expect(asked).toEqual(["images.invalid:443"]);
    } finally {
      proxy.closeAllConnections();
      await new Promise((resolve) => proxy.close(resolve));
    }
  });
});

describe("what create boots from", () => {
  const engine = {
    request: () => Promise.reject(new Error("no engine here")),
    load: () => Promise.reject(new Error("no engine here")),
  };

  test("is boot2docker's release, fetched once, when nothing was built", async () => {
    await using dir = await tempDir();
    await using server = await site(dir.path, whole);
    const { context } = imageContext(dir.path);
    const shown: string[] = [];
    const finder = imageFinder(context, {
      engine,
      fallbackUrl: `${server.url}/boot2docker.iso`,
      pull: { download: { certificateAuthority: server.certificate } },
    });
    const show = (message: string) => shown.push(message);
    const path = await finder.find({ kind: "iso", source: "" }, show);
    expect(await readFile(path)).toEqual(iso);
    expect(shown.join("\n")).toContain(
      `not verified: ${server.url}/boot2docker.iso has the SHA-256 ${digest}`,
    );
    expect(await finder.find({ kind: "iso", source: `${server.url}/boot2docker.iso` }, show)).toBe(path);
    expect(server.requests).toHaveLength(1);
  });

  test("is the latest release of a releases API, and offline the one fetched last", async () => {
    await using dir = await tempDir();
    let online = true;
    await using server = await site(dir.path, (request, response) => {
      if (!online) response.destroy();
      else if (request.url === "/api/v3/repos/o/r/releases/latest") response.end('{"tag_name":"v19.03.12"}');
      else if (request.url === "/o/r/releases/download/v19.03.12/boot2docker.iso") whole(request, response);
      else response.writeHead(404).end();
    });
    const { context } = imageContext(dir.path);
    const finder = imageFinder(context, {
      engine,
      pull: { download: { certificateAuthority: server.certificate, retries: 0 } },
    });
    const source = `${server.url}/api/v3/repos/o/r/releases`;
    const path = await finder.find({ kind: "iso", source }, () => undefined);
    expect(await readFile(path)).toEqual(iso);
    online = false;
    expect(await finder.find({ kind: "iso", source }, () => undefined)).toBe(path);
  });
});
