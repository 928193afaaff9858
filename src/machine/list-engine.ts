import { isAppError, messageOf } from "../kit/errors.ts";
import { certificateTrouble } from "./certificate-trouble.ts";
import { engineTarget } from "./certificates.ts";
import type { Machine } from "./machine.ts";
import { addressesOf } from "./provisioning.ts";

/** DOCKER and ERRORS of one running machine. */
export interface EngineColumns {
  readonly dockerVersion?: string;
  readonly error?: string;
}

/** Asks a running machine's engine for its version; where that fails, says whether a certificate is the reason. */
export async function askEngine(machine: Machine, url: string): Promise<EngineColumns> {
  const { ctx, record } = machine;
  if (url.startsWith("ssh:")) return {};
  const signal = ctx.signal === undefined ? {} : { signal: ctx.signal };
  try {
    const target = await engineTarget(record.HostOptions.AuthOptions, url);
    const { version } = await ctx.probe(target, { timeoutMs: ctx.deadlines.tlsMs, ...signal });
    return { dockerVersion: `v${version}` };
  } catch (error) {
    if (!isAppError(error)) throw error;
    const trouble = await reason(machine);
    return {
      dockerVersion: "Unknown",
      error: `Unable to query docker version: ${trouble ?? messageOf(error)}`,
    };
  }
}

async function reason(machine: Machine): Promise<string | undefined> {
  if (!machine.module.features.hasHost) return undefined;
  const trouble = await certificateTrouble(machine.ctx, machine.record, await addressesOf(machine));
  return trouble === undefined ? undefined : `${trouble.message}; ${trouble.hint}`;
}
