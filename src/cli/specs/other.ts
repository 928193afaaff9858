import type { CommandSpec } from "../command.ts";

/** Commands about the program itself. */
export const otherSpecs: readonly CommandSpec[] = [
  {
    name: "completion",
    group: "other",
    summary: "Print the completion script of a shell",
    usage: "bash|zsh|fish|powershell",
    details: ['bash and zsh: eval "$(machine completion bash)"', "fish: machine completion fish | source"],
    args: { min: 1, max: 1 },
    completes: "shells",
    flags: [],
    load: () => import("../commands/completion.ts"),
  },
  {
    name: "__complete",
    group: "other",
    hidden: true,
    summary: "Print what may stand in the place of the last word",
    usage: "WORDS...",
    args: { min: 0 },
    passThrough: true,
    flags: [],
    load: () => import("../commands/complete.ts"),
  },
  {
    name: "help",
    group: "other",
    summary: "Tell about the program or a command",
    usage: "[COMMAND]",
    args: { min: 0 },
    completes: "commands",
    flags: [],
    load: () => import("../commands/help.ts"),
  },
  {
    name: "version",
    group: "other",
    summary: "Print the version of this program or of a machine's engine",
    usage: "[NAME]",
    args: { min: 0, max: 1 },
    completes: "machines",
    flags: [],
    load: () => import("../commands/version.ts"),
  },
];
