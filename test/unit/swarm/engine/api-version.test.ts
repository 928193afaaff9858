import { describe, expect, test } from "vitest";
import {
  clampApiVersion,
  compareApiVersions,
  isApiVersion,
} from "../../../../src/swarm/engine/api-version.ts";
import { splitAddr } from "../../../../src/swarm/engine/connection.ts";
import { explainFailure } from "../../../../src/swarm/engine/failure.ts";
import { HttpEngineClient } from "../../../../src/swarm/engine/http-client.ts";

describe("API versions", () => {
  test("compare by number", () => {
    expect(["1.9", "1.44", "1.10", "2.0"].toSorted(compareApiVersions)).toEqual([
      "1.9",
      "1.10",
      "1.44",
      "2.0",
    ]);
    expect([isApiVersion("1.41"), isApiVersion("1"), isApiVersion("v1.41"), isApiVersion("")]).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect([clampApiVersion("1.20", "1.24", "1.45"), clampApiVersion("1.50", "1.24", "1.45")]).toEqual([
      "1.24",
      "1.45",
    ]);
  });

  const negotiated = (ApiVersion: unknown, MinAPIVersion: unknown) => {
    const client = new HttpEngineClient({
      addr: "h:1",
      tls: undefined,
      timeoutMs: 1,
      onOutcome: () => undefined,
    });
    client.negotiate({ ApiVersion, MinAPIVersion });
    return client;
  };

  test("each engine is spoken to in its newest version, up to the newest that is known here", () => {
    expect(negotiated("1.41", "1.12").apiVersion).toBe("1.41");
    expect(negotiated("1.52", "1.44").apiVersion).toBe("1.51");
    expect(negotiated("1.99", "1.60").apiVersion).toBe("1.60");
    expect(negotiated(7, { x: 1 }).apiVersion).toBe("1.24");
  });

  test("a client's version is moved into what the engine speaks", () => {
    const client = negotiated("1.48", "1.44");
    expect(["1.40", "1.46", "1.60", "", "junk"].map((wanted) => client.nearestApiVersion(wanted))).toEqual([
      "1.44",
      "1.46",
      "1.48",
      "1.48",
      "1.48",
    ]);
  });

  test("an engine that was replaced is negotiated anew, upwards too", () => {
    const client = negotiated("1.41", "1.12");
    client.negotiate({ ApiVersion: "1.45", MinAPIVersion: "1.24" });
    expect([client.apiVersion, client.minApiVersion, client.maxApiVersion]).toEqual(["1.45", "1.24", "1.45"]);
  });
});

test.each([
  ["10.0.0.1:2376", "10.0.0.1", 2376],
  ["node1.example:2375", "node1.example", 2375],
  ["[fe80::1]:2376", "fe80::1", 2376],
  ["node1", "node1", 2375],
])("%s", (addr, host, port) => {
  expect(splitAddr(addr)).toEqual({ host, port });
});

describe("failures in words", () => {
  const coded = (code: string, more: object = {}) => Object.assign(new Error("x"), { code, ...more });
  test.each([
    [
      coded("ECONNREFUSED"),
      undefined,
      "Cannot connect to the Docker daemon at tcp://h:1. Is the docker daemon running? (ECONNREFUSED)",
    ],
    [new Error("x"), 5000, "the Docker daemon at tcp://h:1 gave no answer within 5 s"],
    [
      coded("ERR_TLS_CERT_ALTNAME_INVALID", {
        cert: { subjectaltname: "DNS:localhost, IP Address:10.0.0.9" },
      }),
      undefined,
      "the certificate of the engine at h:1 is not for this address; it holds DNS:localhost, IP Address:10.0.0.9",
    ],
    [coded("ERR_TLS_CERT_ALTNAME_INVALID", { cert: {} }), undefined, /it holds no names or IPs at all/],
    [coded("SELF_SIGNED_CERT_IN_CHAIN"), undefined, /does not come from the CA given with --tlscacert/],
    [coded("CERT_HAS_EXPIRED"), undefined, /has expired/],
    [coded("EPROTO"), undefined, /plain tcp:/],
    [coded("ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED"), undefined, /refused the TLS connection/],
  ])("%s", (error, timedOutAfterMs, expected) => {
    const { message } = explainFailure(error, "h:1", timedOutAfterMs);
    if (typeof expected === "string") expect(message).toBe(expected);
    else expect(message).toMatch(expected);
  });
});
