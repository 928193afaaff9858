import { basename } from "node:path";
import { setFlagsFromString } from "node:v8";
import { systemClock } from "../../kit/clock.ts";
import { readTextIfPresent } from "../../kit/fs.ts";
import { runSwarm } from "./program.ts";

/** The program `swarm`: the only place that touches the process. */
function start(): void {
  // most of what a manager keeps it keeps for long: V8 would let as much garbage again lie beside it
  setFlagsFromString("--heap-growing-percent=40");
  const stopping = new AbortController();
  let signals = 0;
  const onSignal = () => {
    signals += 1;
    if (signals > 1) process.exit(1); // asked twice: at once
    stopping.abort(new Error("told to stop"));
  };
  process.on("SIGTERM", onSignal);
  process.on("SIGINT", onSignal);
  // a reader that went away (`| head`) is no reason to fail
  process.stdout.on("error", () => undefined);
  process.stderr.on("error", () => undefined);
  const io = {
    program: basename(process.argv[1] ?? "swarm").replace(/\.[cm]?[jt]s$/, ""),
    env: process.env,
    clock: systemClock,
    random: Math.random,
    routes: async () => (await readTextIfPresent("/proc/net/route")) ?? "",
    signal: stopping.signal,
    out: (text: string) => {
      process.stdout.write(text);
    },
    err: (text: string) => {
      process.stderr.write(text);
    },
  };
  void runSwarm(process.argv.slice(2), io).then((code) => {
    process.stdout.write("", () => process.stderr.write("", () => process.exit(code)));
  });
}

start();
