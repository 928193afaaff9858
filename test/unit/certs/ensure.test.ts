import { readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { checkCertificate } from "../../../src/certs/check.ts";
import { type CertPaths, ensureCertificates } from "../../../src/certs/ensure.ts";
import { generateCa } from "../../../src/certs/generate.ts";
import { checkServerCertificate, issueServerCertificate } from "../../../src/certs/server.ts";
import { tempDir } from "../../support/temp-dir.ts";

vi.setConfig({ testTimeout: 120_000 }); // RSA keys take their time on a busy computer

const now = Date.UTC(2026, 0, 1);
const dayMs = 86_400_000;

let directory: Awaited<ReturnType<typeof tempDir>>;
let paths: CertPaths;
let infos: string[];

beforeEach(async () => {
  directory = await tempDir();
  infos = [];
  paths = {
    caCert: file("ca.pem"),
    caKey: file("ca-key.pem"),
    clientCert: file("cert.pem"),
    clientKey: file("key.pem"),
  };
});
afterEach(() => directory[Symbol.asyncDispose]());

const file = (name: string) => join(directory.path, "certs", name);
const text = (path: string) => readFile(path, "utf8");
const ensure = (more: { nowMs?: number; rotate?: boolean } = {}) =>
  ensureCertificates(paths, { owner: "alice", nowMs: now, info: (message) => infos.push(message), ...more });

async function texts(): Promise<string[]> {
  return Promise.all(Object.values(paths).map(text));
}

async function clientProblems(nowMs = now) {
  const [ca, cert, key] = await Promise.all([paths.caCert, paths.clientCert, paths.clientKey].map(text));
  return checkCertificate({ ca, cert, key, nowMs });
}

const mode = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);

describe("CA and client certificate", () => {
  it("are made where there are none, with their modes", async () => {
    expect(await ensure()).toEqual({ newCa: true, newClient: true });
    expect(await clientProblems()).toEqual([]);
    expect(await mode(join(directory.path, "certs"))).toBe("700");
    expect(await mode(paths.caCert)).toBe("644");
    expect(await mode(paths.caKey)).toBe("600");
    expect(await mode(paths.clientCert)).toBe("644");
    expect(await mode(paths.clientKey)).toBe("600");
    expect((await readdir(join(directory.path, "certs"))).sort()).toEqual([
      "ca-key.pem",
      "ca.pem",
      "cert.pem",
      "key.pem",
    ]);
  });

  it("stay as they are while they serve", async () => {
    await ensure();
    const before = await texts();
    expect(await ensure()).toEqual({ newCa: false, newClient: false });
    expect(await texts()).toEqual(before);
  });

  it("serve without the CA's key, for those who keep it elsewhere", async () => {
    await ensure();
    await rm(paths.caKey);
    expect(await ensure()).toEqual({ newCa: false, newClient: false });
    expect(await ensure({ nowMs: now + 1060 * dayMs })).toEqual({ newCa: false, newClient: false });
    await rm(paths.clientKey);
    await expect(ensure()).rejects.toMatchObject({ code: "CA_KEY_MISSING" });
  });

  it("are not made over a CA key whose certificate is gone", async () => {
    await ensure();
    const key = await text(paths.caKey);
    await rm(paths.caCert);
    await expect(ensure()).rejects.toMatchObject({ code: "CA_KEY_WITHOUT_CERT" });
    expect(await text(paths.caKey)).toBe(key);
  });

  it.each([
    ["near its end", () => Promise.resolve(now + 1060 * dayMs)],
    ["missing", () => rm(paths.clientCert).then(() => now)],
    ["cut off", () => writeFile(paths.clientCert, "-----BEGIN").then(() => now)],
    ["without its key", () => writeFile(paths.clientKey, "").then(() => now)],
  ])("a client certificate %s is renewed, the CA stays", async (_what, spoil) => {
    await ensure();
    const ca = await text(paths.caCert);
    const nowMs = await spoil();
    expect(await ensure({ nowMs })).toEqual({ newCa: false, newClient: true });
    expect(await text(paths.caCert)).toBe(ca);
    expect(await clientProblems(nowMs)).toEqual([]);
  });

  it("of another CA are renewed", async () => {
    await ensure();
    const other = await generateCa("alice", now);
    await writeFile(paths.caCert, other.cert);
    await writeFile(paths.caKey, other.key);
    expect(await ensure()).toEqual({ newCa: false, newClient: true });
    expect(await clientProblems()).toEqual([]);
  });

  it("are new when the CA has expired, and the old CA is kept beside", async () => {
    await ensure();
    const old = await text(paths.caCert);
    const nowMs = now + 1100 * dayMs;
    expect(await ensure({ nowMs })).toEqual({ newCa: true, newClient: true });
    expect(await clientProblems(nowMs)).toEqual([]);
    expect(await text(`${paths.caCert}.old`)).toBe(old);
    expect(await mode(`${paths.caKey}.old`)).toBe("600");
  });

  it("are new when they are to be rotated", async () => {
    await ensure();
    const before = await texts();
    expect(await ensure({ rotate: true })).toEqual({ newCa: true, newClient: true });
    expect((await texts()).filter((one) => before.includes(one))).toEqual([]);
    expect(await clientProblems()).toEqual([]);
  });

  it.each([
    ["cannot be read", "nonsense", "CA_UNUSABLE"],
    ["does not belong to its key", "other", "CA_UNUSABLE"],
  ])("are not touched when the CA %s, but for a rotation", async (_what, cert, code) => {
    await ensure();
    await writeFile(paths.caCert, cert === "other" ? (await generateCa("x", now)).cert : cert);
    await expect(ensure()).rejects.toMatchObject({ code });
    await ensure({ rotate: true });
    expect(await clientProblems()).toEqual([]);
  });
});

describe("a CA that was being made when the program was killed", () => {
  it("is completed when its key was there already", async () => {
    await ensure();
    await rename(paths.caCert, `${paths.caCert}.new`);
    expect(await ensure()).toEqual({ newCa: false, newClient: false });
    expect(await clientProblems()).toEqual([]);
  });

  it("is dropped when it had no key yet", async () => {
    await ensure();
    const before = await texts();
    await writeFile(`${paths.caCert}.new`, (await generateCa("alice", now)).cert);
    await ensure();
    expect(await texts()).toEqual(before);
    await expect(stat(`${paths.caCert}.new`)).rejects.toThrow("ENOENT");
  });
});

describe("a server's certificate", () => {
  const files = () => ({
    ...paths,
    serverCert: file("../m/server.pem"),
    serverKey: file("../m/server-key.pem"),
  });
  const request = {
    machine: "node-1",
    owner: "alice",
    sans: ["example.org"],
    addresses: ["192.0.2.7"],
    clientAuth: false,
    nowMs: now,
  };

  it("is written for the machine's name, its addresses and the loopback", async () => {
    await ensure();
    const pair = await issueServerCertificate(files(), request);
    expect(pair.ca).toBe(await text(paths.caCert));
    expect(await text(files().serverKey)).toBe(pair.key);
    expect(await mode(files().serverKey)).toBe("600");
    const addresses = ["192.0.2.7", "127.0.0.1", "localhost", "node-1", "example.org"];
    expect(await checkServerCertificate(files(), { addresses, nowMs: now })).toEqual([]);
    expect(await checkServerCertificate(files(), { addresses: ["192.0.2.8"], nowMs: now })).toEqual([
      "addressMissing",
    ]);
  });

  it("is noticed to be of the old CA after a rotation", async () => {
    await ensure();
    await issueServerCertificate(files(), request);
    await ensure({ rotate: true });
    expect(await checkServerCertificate(files(), { addresses: [], nowMs: now })).toEqual(["foreign"]);
  });

  it("cannot be made without the CA", async () => {
    await expect(issueServerCertificate(files(), request)).rejects.toMatchObject({ code: "CA_MISSING" });
    expect(await checkServerCertificate(files(), { addresses: [], nowMs: now })).toEqual(["missing"]);
  });
});
