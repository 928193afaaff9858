import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AppError } from "../../../src/kit/errors.ts";
import { parseObject, parseRecord, versionOf } from "../../../src/store/parse.ts";
import { sampleRecord } from "../../support/sample-record.ts";

fc.configureGlobal({ seed: 20261128 });

const sample = () => sampleRecord("/store");
const parse = (text: string) => parseRecord(parseObject(text), "node-1");

describe("parsing config.json", () => {
  it("gives back a whole record", () => {
    expect(parse(JSON.stringify(sample()))).toEqual(sample());
  });

  it("takes the directory's name for the machine's", () => {
    expect(parseRecord(parseObject(JSON.stringify(sample())), "copy").Name).toBe("copy");
  });

  it("matches keys whatever their case, and keeps the driver's own as they are", () => {
    const text = JSON.stringify(sample())
      .replace('"DriverName"', '"drivername"')
      .replace('"EngineOptions"', '"ENGINEOPTIONS"')
      .replace('"IPAddress"', '"ipaddress"')
      .replace('"CPU"', '"cpu"');
    const record = parse(text);
    expect(record.DriverName).toBe("virtualbox");
    expect(record.HostOptions.EngineOptions.Labels).toEqual(["tier=web"]);
    expect(record.Driver.IPAddress).toBe("192.168.99.100");
    expect(record.Driver["cpu"]).toBe(1);
  });

  it("lets the last of several spellings win", () => {
    const object = parseObject('{"Driver":{},"DriverName":"a","drivername":"b","DriverName":"c"}');
    expect(parseRecord(object, "x").DriverName).toBe("c");
  });

  it("fills what is null or missing with zero values", () => {
    const record = parse('{"ConfigVersion":3,"Driver":{},"DriverName":"none","HostOptions":null}');
    expect(record.HostOptions.SwarmOptions.Master).toBe(false);
    expect(record.HostOptions.EngineOptions.Labels).toEqual([]);
    const nulls = parse(
      '{"Driver":{"SSHPort":null},"HostOptions":{"EngineOptions":null,"SwarmOptions":{"Env":null}}}',
    );
    expect(nulls.Driver.SSHPort).toBe(0);
    expect(nulls.HostOptions.SwarmOptions.Env).toEqual([]);
  });

  it.each([
    ["", /empty/],
    ["{", /not valid JSON/],
    ["[]", /does not hold an object/],
    ["null", /does not hold an object/],
    ['{"Driver":[]}', /Driver in config.json is not an object/],
    ['{"DriverName":"x"}', /Driver in config.json is not an object/],
    ['{"Driver":{"SSHPort":"22"}}', /Driver.SSHPort in config.json is not a number/],
    ['{"Driver":{},"HostOptions":7}', /HostOptions is not an object/],
    [
      '{"Driver":{},"HostOptions":{"EngineOptions":{"Labels":"a"}}}',
      /EngineOptions.Labels .* list of strings/,
    ],
    ['{"Driver":{},"HostOptions":{"EngineOptions":{"Env":[1]}}}', /EngineOptions.Env .* list of strings/],
    [
      '{"Driver":{},"HostOptions":{"SwarmOptions":{"Master":"yes"}}}',
      /Master in config.json is not true or false/,
    ],
  ])("refuses %j and names the reason", (text, reason) => {
    expect(() => parse(text)).toThrow(AppError);
    expect(() => parse(text)).toThrow(reason);
  });

  it("refuses versions from the future and versions that are none", () => {
    expect(versionOf({})).toBe(0);
    expect(versionOf({ configversion: 2 })).toBe(2);
    expect(() => versionOf({ ConfigVersion: 4 })).toThrow(
      expect.objectContaining({ code: "RECORD_FROM_FUTURE" }),
    );
    expect(() => versionOf({ ConfigVersion: 1.5 })).toThrow(AppError);
    expect(() => versionOf({ ConfigVersion: -1 })).toThrow(AppError);
    expect(() => versionOf({ ConfigVersion: "3" })).toThrow(AppError);
  });

  it("throws nothing but AppError for any JSON in the place of any key", () => {
    const text = JSON.stringify(sample());
    const keys = [...text.matchAll(/"(\w+)":/g)].map((match) => match[1] ?? "");
    fc.assert(
      fc.property(fc.constantFrom(...keys), fc.json({ maxDepth: 2 }), (key, value) => {
        const broken = JSON.stringify(sample(), (name, old: unknown) =>
          name === key ? JSON.parse(value) : old,
        );
        try {
          const record = parse(broken);
          expect(typeof record.Driver.MachineName).toBe("string");
        } catch (error) {
          expect(error).toBeInstanceOf(AppError);
        }
      }),
    );
  });

  it("throws nothing but AppError for any prefix and any damage", () => {
    const text = JSON.stringify(sample(), null, 4);
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.string({ maxLength: 5 }), fc.boolean(), (at, junk, cut) => {
        const broken = cut ? text.slice(0, at) : text.slice(0, at) + junk + text.slice(at);
        try {
          parse(broken);
        } catch (error) {
          expect(error).toBeInstanceOf(AppError);
        }
      }),
    );
  });
});
