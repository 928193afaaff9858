import { request as httpsRequest } from "node:https";
import { connect as tlsConnect } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CertificatePair, generateCa, generateLeaf } from "../../src/certs/generate.ts";
import { type TestManager, testManager } from "../support/swarm-manager.ts";

let ca: CertificatePair;
let client: CertificatePair;
let foreign: CertificatePair;
let manager: TestManager;

beforeAll(async () => {
  const nowMs = Date.now();
  ca = await generateCa("ours", nowMs);
  const leaf = (issuer: CertificatePair, use: "client" | "serverAndClient", sans: string[]) =>
    generateLeaf(issuer, { organization: "ours.leaf", nowMs, use, sans });
  client = await leaf(ca, "client", []);
  foreign = await leaf(await generateCa("foreign", nowMs), "client", []);
  const own = await leaf(ca, "serverAndClient", ["127.0.0.1"]);
  const tls = { ca: ca.cert, cert: own.cert, key: own.key, verify: true };
  manager = await testManager([{ name: "node1" }], { tls });
});
afterAll(() => manager[Symbol.asyncDispose]());

function get(path: string, pair: CertificatePair | undefined, maxVersion?: "TLSv1.1"): Promise<string> {
  const [host = "", port = ""] = manager.addr.split(":");
  return new Promise((resolve, reject) => {
    const request = httpsRequest({
      host,
      port,
      path,
      ca: ca.cert,
      agent: false,
      ...(pair ? { cert: pair.cert, key: pair.key } : {}),
      ...(maxVersion ? { maxVersion, minVersion: "TLSv1" } : {}),
    });
    request.once("error", reject);
    request.once("response", (answer) => {
      let text = "";
      answer.on("data", (chunk) => {
        text += String(chunk);
      });
      answer.once("error", reject);
      answer.once("end", () => resolve(text));
    });
    request.end();
  });
}

describe("a manager with --tlsverify", () => {
  test("answers clients with a certificate of its CA, over and over", async () => {
    for (let at = 0; at < 5; at++) expect(await get("/_ping", client)).toBe("OK");
    expect(await get("/version", client)).toContain("swarm/1.2.9");
  });

  test("lets nobody else in", async () => {
    await expect(get("/_ping", undefined)).rejects.toThrow();
    await expect(get("/_ping", foreign)).rejects.toThrow();
    await expect(get("/_ping", client, "TLSv1.1")).rejects.toThrow();
    expect(await get("/_ping", client)).toBe("OK");
  });

  test("takes connections over, each half closed by itself", async () => {
    const [host = "", port = ""] = manager.addr.split(":");
    const { container } = await manager.world.cluster.createContainer({
      name: "tty",
      config: { Image: "busybox", Tty: true },
      registryAuth: undefined,
      apiVersion: "1.41",
    });
    const options = {
      host,
      port: Number(port),
      ca: ca.cert,
      cert: client.cert,
      key: client.key,
      allowHalfOpen: true,
    };
    const socket = tlsConnect(options);
    let text = "";
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
    });
    socket.write(
      `POST /v1.41/containers/${container.id}/attach?stream=1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nfirst `,
    );
    socket.end("second");
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.once("end", () => resolve());
    });
    socket.destroy();
    expect(text).toMatch(/101 UPGRADED[\s\S]*first second$/);
  });
});
