import { expect, it } from "vitest";
import { mergeDaemonJson, optionOf, settingsOf } from "../../../src/provision/daemon-json.ts";

it("reads an option however it is written", () => {
  expect(optionOf("debug")).toEqual({ name: "debug", value: undefined });
  expect(optionOf("--log-opt=max-size=1m")).toEqual({ name: "log-opt", value: "max-size=1m" });
  expect(optionOf("log-opt max-size=1m")).toEqual({ name: "log-opt", value: "max-size=1m" });
  expect(optionOf("dns=")).toEqual({ name: "dns", value: "" });
});

it("gives lists, objects, numbers and booleans as dockerd wants them", () => {
  const options = [
    "dns=1.1.1.1",
    "dns=8.8.8.8",
    "log-opt max-size=1m",
    "log-opt=tag=a=b",
    "mtu=1400",
    "debug",
  ];
  expect(settingsOf([...options, "live-restore=false", "bip=10.1.1.1/24"].map(optionOf))).toEqual({
    dns: ["1.1.1.1", "8.8.8.8"],
    "log-opts": { "max-size": "1m", tag: "a=b" },
    mtu: 1400,
    debug: true,
    "live-restore": false,
    bip: "10.1.1.1/24",
  });
});

it("keeps a user's file, completes its lists, and takes its own keys back the next time", () => {
  const theirs = '{"data-root":"/big","labels":["a=1"]}';
  const first = mergeDaemonJson(theirs, "", { labels: ["b=2"], mtu: 1400 });
  expect(JSON.parse(first.text)).toEqual({ "data-root": "/big", labels: ["a=1", "b=2"], mtu: 1400 });
  const second = mergeDaemonJson(first.text, first.ownKeys, {});
  expect(JSON.parse(second.text)).toEqual({ "data-root": "/big", labels: ["a=1", "b=2"] });
});

it("writes no file where none is needed", () => {
  expect(mergeDaemonJson("", "", {}).text).toBe("");
});
