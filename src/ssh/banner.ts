import { connect } from "node:net";
import type { Clock } from "../kit/clock.ts";
import { messageOf } from "../kit/errors.ts";
import { poll } from "../kit/retry.ts";
import { sshUnreachable } from "./errors.ts";

const attemptMs = 5_000;

/**
 * Waits until an SSH server greets. A forward of a hypervisor accepts connections before the guest's sshd listens, so a
 * connection alone says nothing. No login is made.
 * @throws SSH_UNREACHABLE at the deadline
 */
export async function waitForBanner(
  clock: Clock,
  target: { host: string; port: number },
  options: { timeoutMs: number; signal?: AbortSignal },
): Promise<void> {
  let last = "";
  const greeted = await poll(
    async () => {
      try {
        await banner(target, options.signal);
        return true;
      } catch (error) {
        last = messageOf(error);
        return undefined;
      }
    },
    { clock, intervalMs: 150, maxIntervalMs: 1_000, ...options },
  );
  if (greeted === undefined) throw sshUnreachable(target, options.timeoutMs, last);
}

function banner(target: { host: string; port: number }, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...target, timeout: attemptMs });
    let text = "";
    const end = (error?: Error) => {
      socket.destroy();
      signal?.removeEventListener("abort", onAbort);
      if (error === undefined) resolve();
      else reject(error);
    };
    const onAbort = () => end(new Error("interrupted"));
    signal?.addEventListener("abort", onAbort, { once: true });
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      // RFC 4253 allows lines before the version; 8 KiB of them are enough
      if (/^SSH-/m.test(text)) end();
      else if (text.length > 8_192) end(new Error("what answers is no SSH server"));
    });
    socket.once("timeout", () => end(new Error("it accepts connections and says nothing")));
    socket.once("error", end);
    socket.once("close", () => end(new Error("the connection was closed before a greeting")));
  });
}
