import { connect } from "node:net";
import type { Clock } from "../kit/clock.ts";
import { messageOf } from "../kit/errors.ts";
import { poll } from "../kit/retry.ts";
import { sshUnreachable } from "./errors.ts";

/** The longest that one connection may take to its greeting. */
const attemptMs = 5_000;
/** With one look: how long a host may take to accept it; enough for a lost packet to be sent twice more. */
const lookMs = 4_000;

/**
 * Waits until an SSH server greets. A forward of a hypervisor accepts connections before the guest's sshd listens, so a
 * connection alone says nothing. No login is made.
 * @param options `once`: a look whether one greets now; a refused connection ends it at once
 * @throws SSH_UNREACHABLE at the deadline
 */
export async function waitForBanner(
  clock: Clock,
  target: { host: string; port: number },
  options: { timeoutMs: number; signal?: AbortSignal; once?: boolean },
): Promise<void> {
  const { timeoutMs, signal } = options;
  if (options.once === true) {
    signal?.throwIfAborted();
    try {
      return await banner(target, { connectMs: Math.min(lookMs, timeoutMs), greetMs: timeoutMs }, signal);
    } catch (error) {
      signal?.throwIfAborted();
      throw sshUnreachable(target, timeoutMs, messageOf(error));
    }
  }
  const attempt = Math.min(attemptMs, timeoutMs);
  let last = "";
  const greeted = await poll(
    async () => {
      try {
        await banner(target, { connectMs: attempt, greetMs: attempt }, signal);
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

function banner(
  { host, port }: { host: string; port: number },
  limits: { connectMs: number; greetMs: number },
  signal: AbortSignal | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    const limit = (ms: number, why: string) => setTimeout(() => end(new Error(why)), ms);
    let timer = limit(limits.connectMs, "no answer");
    socket.once("connect", () => {
      clearTimeout(timer);
      timer = limit(limits.greetMs, "it accepts connections and says nothing");
    });
    let text = "";
    const end = (error?: Error) => {
      clearTimeout(timer);
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
    socket.once("error", end);
    socket.once("close", () => end(new Error("the connection was closed before a greeting")));
  });
}
