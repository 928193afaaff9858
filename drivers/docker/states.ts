import type { DriverContext, StateAnswer } from "#driver";
import { messageOf } from "#kit/errors";
import type { DockerConfig } from "./config.ts";
import { Engine, textAt } from "./engine.ts";
import { isOf, label } from "./labels.ts";
import { listedReach, stateNamed } from "./reach.ts";

/** States of all container machines with one call to the engine. */
export async function states(
  ctx: DriverContext,
  configs: readonly DockerConfig[],
): Promise<Map<string, StateAnswer>> {
  const answers = new Map<string, StateAnswer>();
  let entries: readonly unknown[];
  try {
    entries = await new Engine(ctx.engine).withLabel(`${label.owner}=machine`);
  } catch (error) {
    for (const { MachineName } of configs)
      answers.set(MachineName, { state: "Error", url: "", error: messageOf(error) });
    return answers;
  }
  for (const config of configs) {
    const { MachineName, Container } = config;
    const entry = entries.find(
      (one) =>
        textAt(one, "Labels", label.name) === MachineName &&
        isOf(config, textAt(one, "Labels", label.store), textAt(one, "Id")),
    );
    if (entry === undefined) {
      answers.set(MachineName, { state: "NotFound", url: "", error: `the container "${Container}" is gone` });
      continue;
    }
    const state = stateNamed(textAt(entry, "State"));
    const url = state === "Running" ? (listedReach(entry, 2376, ctx) ?? "") : "";
    answers.set(MachineName, { state, url });
  }
  return answers;
}
