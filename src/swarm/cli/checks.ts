import { isAdvertisable } from "../discovery/entries.ts";
import { parseDuration } from "../duration.ts";
import { fatal } from "./fatal.ts";
import type { Flags } from "./flags.ts";

/** A duration flag in ms. @throws `invalid --<name>: …` in Go's words */
export function durationFlag(flags: Flags, name: string): number {
  const text = flags.text(name);
  const ms = parseDuration(text);
  if (ms === undefined) throw fatal(`invalid --${name}: time: ${durationFault(text)}`);
  return ms;
}

function durationFault(text: string): string {
  return /^[+-]?[0-9.]+$/.test(text) && /[0-9]/.test(text)
    ? `missing unit in duration "${text}"`
    : `invalid duration "${text}"`;
}

/** A heartbeat of at least a second. */
export function heartbeatFlag(flags: Flags): number {
  const ms = durationFlag(flags, "heartbeat");
  if (ms < 1_000) throw fatal("--heartbeat should be at least one second");
  return ms;
}

export function checkAdvertise(address: string): void {
  if (!isAdvertisable(address)) throw fatal("--advertise should be of the form ip:port or hostname:port");
}
