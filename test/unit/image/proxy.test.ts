import { expect, test } from "vitest";
import { proxyFor } from "../../../src/image/proxy.ts";

const env = {
  http_proxy: "http://p:3128",
  HTTPS_PROXY: "s:3129",
  no_proxy: "internal.example, .corp.example,10.0.0.1",
};

test.each([
  ["http://example.com/x", "http://p:3128/"],
  ["https://example.com/x", "http://s:3129/"],
  ["https://internal.example/x", undefined],
  ["https://a.internal.example/x", undefined],
  ["https://notinternal.example/x", "http://s:3129/"],
  ["https://a.corp.example/x", undefined],
  ["http://10.0.0.1/x", undefined],
  ["http://127.0.0.1:1/x", undefined],
  ["http://localhost/x", undefined],
])("%s goes through %s", (url, expected) => {
  expect(proxyFor(new URL(url), env)?.href).toBe(expected);
});

test("HTTP_PROXY in capitals may come from a request's header in CGI, and is not read", () => {
  expect(proxyFor(new URL("http://example.com"), { HTTP_PROXY: "http://evil:1" })).toBeUndefined();
});

test("no_proxy=* means no proxy at all", () => {
  expect(proxyFor(new URL("http://example.com"), { ...env, no_proxy: "*" })).toBeUndefined();
});
