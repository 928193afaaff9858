import { describe, expect, test } from "vitest";
import { SwarmError } from "../../../../src/swarm/errors.ts";
import { errorAnswer } from "../../../../src/swarm/manager/answer-error.ts";
import { bytesText } from "../../../../src/swarm/manager/info.ts";
import { parseHost } from "../../../../src/swarm/manager/listen.ts";
import { Filters } from "../../../../src/swarm/manager/query-filters.ts";
import { parseClientJson } from "../../../../src/swarm/manager/request-json.ts";
import { RouteTable, splitUrl } from "../../../../src/swarm/manager/route.ts";
import { routes } from "../../../../src/swarm/manager/routes.ts";

describe("the table of routes", () => {
  const table = new RouteTable(routes);

  test.each([
    ["GET", "/images/json", "/images/json", []],
    ["GET", "/images/registry:5000/a/b:1/json", "/images/{*}/json", ["registry:5000/a/b:1"]],
    ["POST", "/images/create", "/images/create", []],
    ["POST", "/images/a%2Fb/tag", "/images/{*}/tag", ["a/b"]],
    ["GET", "/containers/node1/web/json", "/containers/{*}/json", ["node1/web"]],
    ["GET", "/containers/json", "/containers/(?:json|ps)", []],
    ["GET", "/containers/x/attach/ws", "/containers/{*}/attach/ws", ["x"]],
    ["DELETE", "/networks/node1/net", "/networks/{*}", ["node1/net"]],
    ["POST", "/swarm-nodes/node1/drain", "/swarm-nodes/{*}/drain", ["node1"]],
    ["GET", "/debug/pprof/", "/debug/pprof/?", []],
    ["POST", "/services/create", "/(?:swarm|services|nodes|tasks|secrets|configs)(?:/.*)?", []],
  ])("%s %s is served by %s", (method, path, pattern, params) => {
    const match = table.find(method, path);
    expect([match?.route.pattern, match?.params]).toEqual([pattern, params]);
  });

  test("knows nothing of other paths and methods", () => {
    for (const [method, path] of [
      ["DELETE", "/info"],
      ["GET", "/nope"],
      ["GET", "/exec/a/b/json"],
      ["GET", "/containers/%zz/json"],
      ["PATCH", "/info"],
    ] as const)
      expect(table.find(method, path)).toBeUndefined();
  });

  test("the version is cut off a path, the query kept as it is", () => {
    expect(splitUrl("/v1.41/info?a=%20b")).toEqual({ apiVersion: "1.41", path: "/info", rawQuery: "a=%20b" });
    expect(splitUrl("/v1/clusters")).toEqual({ apiVersion: "", path: "/v1/clusters", rawQuery: "" });
    expect(splitUrl("/version")).toEqual({ apiVersion: "", path: "/version", rawQuery: "" });
  });
});

test("errors are JSON for clients that read it, else plain", () => {
  const error = new SwarmError(404, "No such container x");
  expect(errorAnswer(error, "1.24")).toMatchObject({
    status: 404,
    body: '{"message":"No such container x"}\n',
  });
  for (const version of ["", "1.23"])
    expect(errorAnswer(error, version)).toMatchObject({ body: "No such container x\n" });
  expect(errorAnswer(new Error("broken"), "1.41").status).toBe(500);
  expect(errorAnswer(new SwarmError(200, "odd"), "1.41").status).toBe(500);
});

test("bytes have binary units and four digits", () => {
  expect([0, 1023, 1024, 33_554_432, 26_542_905_753, 1_073_741_824 * 1023].map(bytesText)).toEqual([
    "0 B",
    "1023 B",
    "1 KiB",
    "32 MiB",
    "24.72 GiB",
    "1023 GiB",
  ]);
});

describe("what clients write", () => {
  test("filters come in both forms; anything else is refused", () => {
    for (const text of ['{"name":["a","b"]}', '{"name":{"a":true,"b":true,"c":false}}'])
      expect(new Filters(text).get("name")).toEqual(["a", "b"]);
    expect(new Filters(null).isEmpty).toBe(true);
    for (const text of ["x", "[]", "7", '{"a":1}', '{"a":[1]}', "null"])
      expect(() => new Filters(text)).toThrow(SwarmError);
  });

  test.each([
    ["", "EOF"],
    ["hello", "invalid character 'h' looking for beginning of value"],
    ['{"a"', "unexpected end of JSON input"],
    ["[1]", "json: cannot unmarshal array into an object"],
    [`${'{"a":'.repeat(300)}1${"}".repeat(300)}`, "the JSON is nested too deeply"],
  ])("the body %s is a bad request", (text, message) => {
    expect(() => parseClientJson(text)).toThrow(message);
  });

  test("hosts are TCP addresses or sockets", () => {
    expect(parseHost(":2375")).toMatchObject({ proto: "tcp", host: "", port: 2375 });
    expect(parseHost("tcp://[::1]:80")).toMatchObject({ host: "::1", port: 80 });
    expect(parseHost("unix:///run/s.sock")).toMatchObject({ proto: "unix", path: "/run/s.sock" });
    expect(() => parseHost("foo://x")).toThrow('unsupported protocol: "foo"');
    expect(() => parseHost("tcp://host")).toThrow("missing port");
  });
});
