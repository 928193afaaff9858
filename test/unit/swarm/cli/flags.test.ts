import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type FlagSpec, parseArgs } from "../../../../src/swarm/cli/flags.ts";

const specs: readonly FlagSpec[] = [
  { name: "advertise", aliases: ["addr"], kind: "text", env: "ADVERTISE", help: "" },
  { name: "host", aliases: ["H"], kind: "list", env: "HOSTS", fallback: ["tcp://127.0.0.1:2375"], help: "" },
  { name: "tls", kind: "bool", env: "TLS", help: "" },
  { name: "ttl", kind: "text", fallback: "20s", help: "" },
];
const parse = (args: readonly string[], env = {}) => parseArgs(args, specs, env);

describe("flags in Go's grammar", () => {
  it("take one dash or two, = or the next word, long names and short ones alike", () => {
    for (const args of [["-advertise", "a:1"], ["--advertise", "a:1"], ["-addr=a:1"], ["--addr=a:1"]]) {
      expect(parse(args).flags.text("advertise")).toBe("a:1");
    }
    expect(parse(["-ttl="]).flags.text("ttl")).toBe("");
    expect(parse(["-advertise", "-x"]).flags.text("advertise")).toBe("-x");
    expect(parse(["--ttl=a=b"]).flags.text("ttl")).toBe("a=b");
  });

  it("take a boolean's value only with =", () => {
    expect(parse(["-tls"]).flags.bool("tls")).toBe(true);
    expect(parse(["--tls=f"]).flags.bool("tls")).toBe(false);
    const { flags, positionals } = parse(["--tls", "false"]);
    expect([flags.bool("tls"), positionals]).toEqual([true, ["false"]]);
    expect(() => parse(["--tls=yes"])).toThrow('invalid boolean value "yes" for -tls');
  });

  it("may stand behind the positional argument, and end at --", () => {
    const { flags, positionals } = parse(["token://x", "-H", "a:1", "-H=b:2", "--", "-tls"]);
    expect(flags.list("host")).toEqual(["a:1", "b:2"]);
    expect(positionals).toEqual(["token://x", "-tls"]);
  });

  it("win over the environment, which wins over what is built in", () => {
    expect(parse([]).flags.list("host")).toEqual(["tcp://127.0.0.1:2375"]);
    expect(parse([], { HOSTS: "a:1,b:2" }).flags.list("host")).toEqual(["a:1", "b:2"]);
    expect(parse(["-H", "c:3"], { HOSTS: "a:1" }).flags.list("host")).toEqual(["c:3"]);
    expect(parse([], { TLS: "1" }).flags.bool("tls")).toBe(true);
    expect(parse([], { TLS: "maybe" }).flags.bool("tls")).toBe(false);
    expect(parse([], { ADVERTISE: "" }).flags.isGiven("advertise")).toBe(false);
  });

  it("that are unknown or lack their value are refused", () => {
    expect(() => parse(["--bogus", "x"])).toThrow("flag provided but not defined: -bogus");
    expect(() => parse(["-lH"])).toThrow("flag provided but not defined: -lH");
    expect(() => parse(["--advertise"])).toThrow("flag needs an argument: -advertise");
    expect(() => parse(["---tls"])).toThrow("bad flag syntax: ---tls");
    expect(() => parse(["-=x"])).toThrow("bad flag syntax: -=x");
  });

  it("ask for help in any form", () => {
    for (const arg of ["-h", "--h", "-help", "--help"]) expect(parse([arg]).isHelp).toBe(true);
  });

  it("never crash: a line is parsed or refused as wrong usage", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.constantFrom("-H", "--tls", "-tls=1", "--"))), (args) => {
        try {
          parse(args);
        } catch (error) {
          expect(error).toMatchObject({ code: "INCORRECT_USAGE", exitCode: 2 });
        }
      }),
    );
  });
});
