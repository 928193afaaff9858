import { readdirSync } from "node:fs";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { manualClock } from "../support/fake-clock.ts";
import { RawClient, testManager } from "../support/swarm-manager.ts";
import { until } from "../support/test-cluster.ts";

const head = (line: string, more = "") => `${line} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;
const upgrade = "Connection: Upgrade\r\nUpgrade: tcp\r\n";
const halfBody = "Content-Type: application/json\r\nContent-Length: 1000\r\n";

/** Requests that are not over when their client goes. */
const requests = [
  head("GET /events"),
  head("GET /containers/left/logs?follow=1&stdout=1"),
  head("GET /containers/left/stats"),
  head("POST /containers/left/wait"),
  head("POST /containers/left/attach?stream=1&stdin=1&stdout=1", upgrade),
  head("POST /containers/left/attach?stream=1&stdin=1&stdout=1"),
  head("POST /session", "Connection: Upgrade\r\nUpgrade: h2c\r\nX-Docker-Expose-Session-Uuid: none\r\n"),
  `${head("POST /containers/create?name=never", halfBody)}{"Image":`,
  `${head("POST /build", halfBody)}half a tar`,
  `${head("POST /images/load", halfBody)}half a tar`,
  head("GET /containers/json?all=1"),
  "POST /containers/cre",
];

const openFiles = () => readdirSync("/proc/self/fd").length;

test("a thousand clients that leave early leave nothing behind", async () => {
  await using manager = await testManager([{ name: "node1" }, { name: "node2" }]);
  await manager.ask("POST", "/containers/create?name=left", { body: { Image: "busybox", Tty: true } });
  await manager.ask("POST", "/containers/left/start");
  for (const engine of manager.world.engines)
    engine.fault = ({ url }) => (/\/(?:logs|stats|build|load)/.test(url) ? "hang" : "pass");
  const [host = "", port = ""] = manager.addr.split(":");
  const leave = (request: string, at: number) =>
    new Promise<void>((resolve) => {
      const socket = connect({ host, port: Number(port) }, () => {
        socket.write(request, () => {
          if (at % 3 === 0) socket.resetAndDestroy();
          else if (at % 3 === 1) socket.destroy();
          else void manager.ask("GET", "/_ping").finally(() => socket.destroy()); // it is being worked on by then
        });
      });
      socket.on("error", () => undefined);
      socket.once("close", () => resolve());
    });
  const before = openFiles();
  for (let done = 0; done < 1_000; done += 50)
    await Promise.all(
      Array.from({ length: 50 }, (_, at) => leave(requests[(done + at) % requests.length] ?? "", at)),
    );
  await until("as many descriptors are open as before", () => openFiles() <= before);
  const inFlight = async () => (await manager.ask("GET", "/metrics")).text;
  expect(await inFlight()).toMatch(/^swarm_http_requests_in_flight(?:\{[^}]*\})? 1$/m);
  const { json } = await manager.ask("GET", "/info");
  expect(json).toMatchObject({ NEventsListener: 0 });
  expect(manager.world.cluster.nodes().map(({ status }) => status)).toEqual(["Healthy", "Healthy"]);
});

test("a build's session whose client leaves is over at once, not after its time", async () => {
  await using manager = await testManager([{ name: "node1" }], { clock: manualClock() });
  for (const how of ["end", "destroy"] as const) {
    const client = new RawClient(manager.addr);
    client.socket.write(
      head("POST /session", "Connection: Upgrade\r\nUpgrade: h2c\r\nX-Docker-Expose-Session-Uuid: abc\r\n"),
    );
    await manager.ask("GET", "/_ping");
    if (how === "end") {
      client.socket.end();
      expect(await client.end()).toMatch(/^HTTP\/1\.1 500 [\s\S]*the client went away/);
    } else client.socket.destroy();
  }
});
