import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseWords } from "../../../src/cli/argv.ts";
import type { CliFlag } from "../../../src/cli/command.ts";
import { flagValues, parseBool } from "../../../src/cli/flag-values.ts";

const flags: readonly CliFlag[] = [
  { name: "quiet", short: "q", type: "bool", summary: "", env: "QUIET" },
  { name: "driver", short: "d", type: "string", default: "virtualbox", summary: "", env: "DRIVER" },
  { name: "size", type: "int", default: 7, summary: "", env: "SIZE" },
  { name: "opt", type: "list", summary: "", env: "OPT" },
  { name: "mode", type: "string", default: "a", choices: ["a", "b"], summary: "" },
];

function parse(words: readonly string[], env: Record<string, string> = {}) {
  const { given, args } = parseWords(words, flags);
  const values = flagValues(flags, given, env);
  return {
    args,
    quiet: values.bool("quiet"),
    driver: values.string("driver"),
    size: values.int("size"),
    opt: values.list("opt"),
    isSet: (name: string) => values.isSet(name),
  };
}

describe("flags as docker-machine takes them", () => {
  test("one dash or two, blank or equals sign", () => {
    for (const words of [
      ["-driver", "x"],
      ["--driver", "x"],
      ["-driver=x"],
      ["--driver=x"],
      ["-d", "x"],
      ["-d=x"],
    ]) {
      expect(parse(words).driver).toBe("x");
    }
  });

  test("booleans stand alone or have a value", () => {
    expect(parse(["-q"]).quiet).toBe(true);
    expect(parse(["--quiet=false"]).quiet).toBe(false);
    expect(parse(["--quiet=1"]).quiet).toBe(true);
    expect(parse(["-q", "false"])).toMatchObject({ quiet: true, args: ["false"] });
  });

  test("flags may stand anywhere, and -- ends them", () => {
    expect(parse(["a", "-q", "b", "--driver", "x", "c"])).toMatchObject({
      args: ["a", "b", "c"],
      driver: "x",
    });
    expect(parse(["a", "--", "-q", "--driver"])).toMatchObject({
      args: ["a", "-q", "--driver"],
      quiet: false,
    });
    expect(parse(["-"]).args).toEqual(["-"]);
  });

  test("the next word is the value whatever it looks like", () => {
    expect(parse(["--opt", "-x", "--opt", "--", "y"])).toMatchObject({ opt: ["-x", "--"], args: ["y"] });
    expect(parse(["--opt=a=b"]).opt).toEqual(["a=b"]);
    expect(parse(["--driver="]).driver).toBe("");
  });

  test("of a flag given twice the last one counts; lists keep all", () => {
    expect(parse(["-d", "a", "--driver", "b"]).driver).toBe("b");
    expect(parse(["--opt", "a", "--opt", "b,c"]).opt).toEqual(["a", "b,c"]);
  });

  test("the environment gives what the command line does not; lists take both", () => {
    expect(parse([], { DRIVER: "x", QUIET: "1", SIZE: "3", OPT: "a, b" })).toMatchObject({
      driver: "x",
      quiet: true,
      size: 3,
      opt: ["a", "b"],
    });
    expect(parse(["--driver=y", "--opt", "c"], { DRIVER: "x", OPT: "a,b" })).toMatchObject({
      driver: "y",
      opt: ["a", "b", "c"],
    });
    expect(parse([], { DRIVER: "", SIZE: "many", QUIET: "perhaps" })).toMatchObject({
      driver: "virtualbox",
      size: 7,
      quiet: false,
    });
  });

  test("isSet tells a given value from a default", () => {
    expect(parse([]).isSet("size")).toBe(false);
    expect(parse(["--size=7"]).isSet("size")).toBe(true);
    expect(parse([], { SIZE: "7" }).isSet("size")).toBe(true);
  });

  test.each([
    [["--nope"], "there is no flag --nope"],
    [["-drivr", "x"], "there is no flag -drivr"],
    [["--size", "many"], '--size takes a whole number, not "many"'],
    [["--quiet=perhaps"], '--quiet takes true or false, not "perhaps"'],
    [["--mode", "c"], '--mode takes one of a, b, not "c"'],
    [["--driver"], "--driver needs a value"],
    [["-qd"], "there is no flag -qd"],
  ])("%j is a usage error", (words, message) => {
    expect(() => parse(words)).toThrow(expect.objectContaining({ message, exitCode: 2 }));
  });

  test("a near name is suggested", () => {
    expect(() => parse(["--drivr=x"])).toThrow(expect.objectContaining({ hint: "did you mean --driver?" }));
  });

  test("numbers", () => {
    expect(parse(["--size=-1"]).size).toBe(-1);
    expect(parse(["--size", "-1"]).size).toBe(-1);
    expect(parse(["--size=0x10"]).size).toBe(16);
  });

  test("booleans of the environment are those of Go", () => {
    expect(["1", "t", "T", "TRUE", "true", "True"].map(parseBool)).toEqual(Array(6).fill(true));
    expect(["0", "f", "F", "FALSE", "false", "False"].map(parseBool)).toEqual(Array(6).fill(false));
    expect(["yes", "", "tRue"].map(parseBool)).toEqual([undefined, undefined, undefined]);
  });

  test("words that are no flags come out as they went in, in their order", () => {
    fc.assert(
      fc.property(fc.array(fc.string().filter((word) => !word.startsWith("-"))), (words) => {
        expect(parse(words).args).toEqual(words);
        expect(parse(["--", ...words]).args).toEqual(words);
      }),
    );
  });
});
