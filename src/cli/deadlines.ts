import { AppError } from "../kit/errors.ts";
import type { Env } from "../kit/process.ts";
import type { Deadlines } from "../machine/context.ts";

/** Variables with a number of seconds, and the wait that each limits. */
const deadlineVariables: Readonly<Record<string, keyof Deadlines>> = {
  MACHINE_TIMEOUT_SSH: "sshMs",
  MACHINE_TIMEOUT_ENGINE: "engineMs",
  MACHINE_TIMEOUT_STOP: "stopMs",
  MACHINE_TIMEOUT_TLS: "tlsMs",
  MACHINE_TIMEOUT_API: "apiMs",
  MACHINE_TIMEOUT_SWARM: "healthyMs",
};

/**
 * The limits of the waits, changed by the MACHINE_TIMEOUT_… variables.
 * @throws BAD_VARIABLE for what is no number of seconds
 */
export function deadlinesFrom(env: Env, defaults: Deadlines): Deadlines {
  const changed: Partial<Record<keyof Deadlines, number>> = {};
  for (const [variable, key] of Object.entries(deadlineVariables)) {
    const text = env[variable] ?? "";
    if (text === "") continue;
    const seconds = Number(text);
    if (!Number.isFinite(seconds) || seconds <= 0) {
      throw new AppError("BAD_VARIABLE", `${variable} is "${text}", which is no number of seconds`);
    }
    changed[key] = seconds * 1000;
  }
  return { ...defaults, ...changed };
}
