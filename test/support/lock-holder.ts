import { appendFile } from "node:fs/promises";
import { systemClock } from "../../src/kit/clock.ts";
import { withLock } from "../../src/kit/lock.ts";

/** A process of lock tests: `lock-holder.ts LOCK hold` or `lock-holder.ts LOCK count LOG TIMES`. */
const [lock = "", mode, log = "", times = "0"] = process.argv.slice(2);
const options = { clock: systemClock };

if (mode === "hold") {
  await withLock(
    lock,
    async () => {
      process.stdout.write("held\n");
      await systemClock.delay(600_000);
    },
    options,
  );
} else {
  for (let round = 0; round < Number(times); round += 1) {
    await withLock(
      lock,
      async () => {
        await appendFile(log, `+${process.pid}\n`);
        await systemClock.delay(1);
        await appendFile(log, `-${process.pid}\n`);
      },
      options,
    );
  }
}
