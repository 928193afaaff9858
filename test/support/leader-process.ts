// A manager's election as a process of its own: prints "act <monotonic µs>" while it is primary, as scheduling would go on.
import { systemClock } from "../../src/kit/clock.ts";
import { openDiscovery } from "../../src/swarm/discovery/index.ts";
import { startElection } from "../../src/swarm/leadership/election.ts";

const [url = "", advertise = "", ttl = ""] = process.argv.slice(2);
const say = (text: string) => process.stdout.write(`${text}\n`);
const log = {
  debug: () => undefined,
  info: say,
  warn: say,
  error: say,
};
const discovery = await openDiscovery(url, { heartbeatMs: 1_000, ttlMs: 60_000, clock: systemClock, log });
if (discovery.leadership === undefined) throw new Error("this backend holds no lock");
const election = startElection({
  store: discovery.leadership,
  advertise,
  ttlMs: Number(ttl),
  clock: systemClock,
  log,
});
const acting = setInterval(() => {
  if (election.isPrimary()) say(`act ${process.hrtime.bigint() / 1_000n}`);
}, 5);
process.on("SIGTERM", () => {
  clearInterval(acting);
  void election.close().then(async () => {
    say(`resigned ${process.hrtime.bigint() / 1_000n}`);
    await discovery.close();
    process.exit(0);
  });
});
