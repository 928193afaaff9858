import { beforeAll, describe, expect, it } from "vitest";
import { checkCertificate, problemText } from "../../../src/certs/check.ts";
import { type CertificatePair, generateCa, generateLeaf } from "../../../src/certs/generate.ts";

const now = Date.UTC(2026, 0, 1);
const dayMs = 86_400_000;

let ca: CertificatePair;
let otherCa: CertificatePair;
let server: CertificatePair;

beforeAll(async () => {
  [ca, otherCa] = await Promise.all([generateCa("alice", now), generateCa("alice", now)]);
  const sans = ["192.0.2.7", "node-1", "fd00::7"];
  server = await generateLeaf(ca, { organization: "alice.node-1", nowMs: now, use: "server", sans });
});

const check = (more: Partial<Parameters<typeof checkCertificate>[0]> = {}) =>
  checkCertificate({ cert: server.cert, key: server.key, ca: ca.cert, nowMs: now, ...more });

describe("a certificate", () => {
  it("that is good has no problem", () => {
    expect(check({ addresses: ["192.0.2.7", "node-1", "fd00::7"] })).toEqual([]);
    expect(checkCertificate({ cert: ca.cert, nowMs: now })).toEqual([]);
  });

  it("is missing or unreadable", () => {
    expect(check({ cert: undefined })).toEqual(["missing"]);
    expect(check({ cert: " \n" })).toEqual(["missing"]);
    expect(check({ cert: "nonsense" })).toEqual(["unreadable"]);
    expect(check({ cert: server.cert.slice(0, 400) })).toEqual(["unreadable"]);
  });

  it("of another CA is noticed, even when the CAs have the same name", () => {
    expect(check({ ca: otherCa.cert })).toEqual(["foreign"]);
    expect(check({ ca: "nonsense" })).toEqual(["foreign"]);
  });

  it("that does not fit its key is noticed", () => {
    expect(check({ key: ca.key })).toEqual(["keyMismatch"]);
    expect(check({ key: undefined })).toEqual(["keyMismatch"]);
    expect(check({ key: "nonsense" })).toEqual(["keyMismatch"]);
  });

  it("has a beginning, an end, and 30 days before it", () => {
    expect(check({ nowMs: now - 3_600_000 })).toEqual(["notYetValid"]);
    expect(check({ nowMs: now + 1049 * dayMs })).toEqual([]);
    expect(check({ nowMs: now + 1051 * dayMs })).toEqual(["nearEnd"]);
    expect(check({ nowMs: now + 1081 * dayMs })).toEqual(["expired"]);
  });

  it("must hold every address", () => {
    expect(check({ addresses: ["192.0.2.8"] })).toEqual(["addressMissing"]);
    expect(check({ addresses: ["192.0.2.7", "other"] })).toEqual(["addressMissing"]);
  });

  it("can have several problems at once", () => {
    expect(check({ ca: otherCa.cert, nowMs: now + 2000 * dayMs, addresses: ["x"] })).toEqual([
      "foreign",
      "expired",
      "addressMissing",
    ]);
  });
});

it("every problem has a text", () => {
  const all = [
    "missing",
    "unreadable",
    "expired",
    "notYetValid",
    "nearEnd",
    "foreign",
    "keyMismatch",
    "addressMissing",
  ] as const;
  expect(new Set(all.map(problemText)).size).toBe(all.length);
});
