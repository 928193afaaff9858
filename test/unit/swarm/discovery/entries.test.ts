import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  checkEntries,
  isAdvertisable,
  parseAddress,
  sameEntries,
} from "../../../../src/swarm/discovery/entries.ts";

const port = fc.integer({ min: 1, max: 65_535 });

describe("addresses", () => {
  it("are split at the port, whatever the host", () => {
    fc.assert(
      fc.property(fc.oneof(fc.domain(), fc.ipV4()), port, (host, number) => {
        expect(parseAddress(`${host}:${number}`)).toEqual({ host, port: String(number) });
        expect(isAdvertisable(`${host}:${number}`)).toBe(true);
      }),
    );
    fc.assert(
      fc.property(fc.ipV6(), port, (host, number) => {
        expect(parseAddress(`[${host}]:${number}`)).toEqual({ host, port: String(number) });
        expect(() => parseAddress(`${host}:${number}`)).toThrow(/too many colons/);
      }),
    );
  });

  it("say what is wrong as Swarm 1.2.9 does", () => {
    const missing =
      "missing port in address, please check you are using the correct discovery (missing token:// ?)";
    expect(() => parseAddress("host1")).toThrow(`address host1: ${missing}`);
    expect(() => parseAddress("[::1]")).toThrow(`address [::1]: ${missing}`);
    for (const text of ["[::1", "a]:1", "a[:1", "[a]b:1", "[[a]:1"])
      expect(() => parseAddress(text)).toThrow();
  });

  it("never crash on any text", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        isAdvertisable(text);
        try {
          const { host, port: found } = parseAddress(text);
          expect(text).toContain(host);
          expect(text.endsWith(`:${found}`)).toBe(true);
        } catch (error) {
          expect(String(error)).toContain("address");
        }
      }),
    );
  });

  it("may be advertised only with a host and a port that exists", () => {
    for (const good of ["10.0.0.1:2375", "host:1", "[fd00::1]:65535"])
      expect(isAdvertisable(good)).toBe(true);
    for (const bad of [
      "",
      "host",
      "host:",
      ":1",
      "host:0",
      "host:65536",
      "a b:1",
      "http://a:1",
      "fd00::1:2",
      "a:1x",
    ]) {
      expect(isAdvertisable(bad)).toBe(false);
    }
  });
});

describe("lists", () => {
  it("lose empty strings and doubles, and are refused whole for one bad entry", () => {
    expect(checkEntries(["a:1", "", "b:2", "a:1"])).toEqual(["a:1", "b:2"]);
    expect(() => checkEntries(["a:1", "b"])).toThrow("address b");
  });

  it("are the same whatever their order", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string(), { maxLength: 20 }), fc.string(), (list, other) => {
        expect(sameEntries([...list].reverse(), list)).toBe(true);
        expect(sameEntries(undefined, list)).toBe(false);
        if (!list.includes(other)) {
          expect(sameEntries(list, [...list, other])).toBe(false);
          if (list.length > 0) expect(sameEntries(list, [other, ...list.slice(1)])).toBe(false);
        }
      }),
    );
  });
});
