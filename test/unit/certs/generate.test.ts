import { createPrivateKey, X509Certificate } from "node:crypto";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { type CertificatePair, generateCa, generateLeaf } from "../../../src/certs/generate.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 }); // RSA keys take their time on a busy computer

const now = Date.UTC(2026, 4, 17, 12, 34, 56, 789);
const dayMs = 86_400_000;

let ca: CertificatePair;
let client: CertificatePair;
let server: CertificatePair;
let master: CertificatePair;

beforeAll(async () => {
  ca = await generateCa("alice", now);
  const sans = [
    "example.org",
    "10.0.0.9",
    "192.0.2.7",
    "localhost",
    "node-1",
    "127.0.0.1",
    "fd00::7",
    "localhost",
  ];
  const common = { nowMs: now, sans };
  [client, server, master] = await Promise.all([
    generateLeaf(ca, { organization: "alice.<bootstrap>", nowMs: now, use: "client", sans: [] }),
    generateLeaf(ca, { organization: "alice.node-1", use: "server", ...common }),
    generateLeaf(ca, { organization: "alice.node-1", use: "serverAndClient", ...common }),
  ]);
});

/** OIDs of the extended key usages. */
const purposes = (pair: CertificatePair) => new X509Certificate(pair.cert).keyUsage ?? [];
const serverAuth = "1.3.6.1.5.5.7.3.1";
const clientAuth = "1.3.6.1.5.5.7.3.2";

describe("every certificate", () => {
  it("lasts 1080 days from five minutes ago, the seconds cut", () => {
    for (const { cert } of [ca, client, server]) {
      const { validFrom, validTo } = new X509Certificate(cert);
      expect(Date.parse(validFrom)).toBe(Date.UTC(2026, 4, 17, 12, 29));
      expect(Date.parse(validTo) - Date.parse(validFrom)).toBe(1080 * dayMs);
    }
  });

  it("has a key of its own in PKCS#1", () => {
    const keys = [ca, client, server, master].map(({ key }) => key);
    expect(new Set(keys).size).toBe(4);
    for (const pair of [ca, client, server, master]) {
      expect(pair.key).toMatch(/^-----BEGIN RSA PRIVATE KEY-----\n/);
      expect(createPrivateKey(pair.key).asymmetricKeyDetails?.modulusLength).toBe(2048);
      expect(new X509Certificate(pair.cert).checkPrivateKey(createPrivateKey(pair.key))).toBe(true);
    }
  });

  it("has a serial number of 128 bits", () => {
    const serials = [ca, client, server].map(({ cert }) => new X509Certificate(cert).serialNumber);
    expect(new Set(serials).size).toBe(3);
    for (const serial of serials) expect(serial).toMatch(/^[4-7][0-9A-F]{31}$/);
  });
});

describe("the CA", () => {
  it("signs itself, carries the owner's name alone, and may sign", () => {
    const cert = new X509Certificate(ca.cert);
    expect(cert.subject).toBe("O=alice");
    expect(cert.issuer).toBe("O=alice");
    expect(cert.ca).toBe(true);
    expect(cert.verify(cert.publicKey)).toBe(true);
    expect(cert.subjectAltName).toBeUndefined();
    expect(purposes(ca)).toEqual([]);
  });
});

describe("the client's certificate", () => {
  it("is a client's and nothing else", () => {
    const cert = new X509Certificate(client.cert);
    expect(cert.subject.replaceAll("\\", "")).toBe("O=alice.<bootstrap>"); // OpenSSL escapes the brackets
    expect(cert.checkIssued(new X509Certificate(ca.cert))).toBe(true);
    expect(cert.verify(new X509Certificate(ca.cert).publicKey)).toBe(true);
    expect(cert.ca).toBe(false);
    expect(purposes(client)).toEqual([clientAuth]);
    expect(cert.subjectAltName).toBeUndefined();
  });
});

describe("a server's certificate", () => {
  it("holds names first, then addresses, each once", () => {
    expect(new X509Certificate(server.cert).subjectAltName).toBe(
      "DNS:example.org, DNS:localhost, DNS:node-1, IP Address:10.0.0.9, IP Address:192.0.2.7, IP Address:127.0.0.1, IP Address:FD00:0:0:0:0:0:0:7",
    );
  });

  it("is a server's; a master's is a client's too", () => {
    expect(purposes(server)).toEqual([serverAuth]);
    expect(purposes(master)).toEqual([serverAuth, clientAuth]);
  });
});

it("a leaf names its issuer by the same bytes, whatever their encoding", async () => {
  const odd = await generateCa("älice & söhne", now);
  const leaf = await generateLeaf(odd, { organization: "x", nowMs: now, use: "client", sans: [] });
  expect(new X509Certificate(leaf.cert).checkIssued(new X509Certificate(odd.cert))).toBe(true);
});
