// Health check of the swarm image. A manager is well while it takes connections; anything else while it runs.
const { readFileSync } = require("node:fs");
const { connect } = require("node:net");

const words = readFileSync("/proc/1/cmdline", "utf8").split("\0");
if (!words.includes("manage") && !words.includes("m")) process.exit(0);

const hosts = [];
for (const [at, word] of words.entries()) {
  const [name, value] = word.split(/=(.*)/s, 2);
  if (name === "-H" || name === "--host") hosts.push(value ?? words[at + 1]);
}
if (hosts.length === 0) hosts.push(...(process.env.SWARM_HOST || ":2375").split(","));

const address = hosts[0].replace(/^tcp:\/\//, "");
const colon = address.lastIndexOf(":");
const host = address.slice(0, colon).replace(/^\[|\]$/g, "");
const socket = address.startsWith("unix://")
  ? connect({ path: address.slice("unix://".length) })
  : connect({
      host: host === "" || host === "0.0.0.0" ? "127.0.0.1" : host,
      port: Number(address.slice(colon + 1)),
    });
socket.setTimeout(10_000, () => process.exit(1));
socket.on("error", () => process.exit(1));
socket.on("connect", () => process.exit(0));
