import type { Clock } from "../../kit/clock.ts";
import { AppError, isAppError, messageOf } from "../../kit/errors.ts";
import { swarmVersion } from "../version.ts";
import type { SwarmContext } from "./context.ts";
import { incorrectUsage, parseArgs } from "./flags.ts";
import { jsonLog, logrusLog, type ProgramLog, parseLogLevel, plainLogLine } from "./logrus.ts";
import { type CommandSpec, commands, globalFlags } from "./specs.ts";

/** What the program has of its process. */
export interface SwarmIo {
  readonly program: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly random: () => number;
  /** Content of /proc/net/route; "" where there is none. */
  readonly routes: () => Promise<string>;
  readonly signal: AbortSignal;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** Runs one command line of `swarm`; @returns the exit code: 0, 1 for what failed, 2 for wrong usage */
export async function runSwarm(args: readonly string[], io: SwarmIo): Promise<number> {
  let command: CommandSpec | undefined;
  let log: ProgramLog = logrusLog(io.out, "info", io.clock);
  try {
    const { flags: globals, isHelp, rest } = parseArgs(args, globalFlags, io.env, true);
    if (globals.bool("version")) {
      io.out(`${io.program} version ${swarmVersion} (machine)\n`);
      return 0;
    }
    if (isHelp || rest.length === 0) return help(io, undefined);
    const level = parseLogLevel(
      globals.bool("debug") && !globals.isGiven("log-level") ? "debug" : globals.text("log-level"),
    );
    const format = globals.text("log-format");
    if (format !== "text" && format !== "json") throw incorrectUsage(`no log format is named "${format}"`);
    const makeLog = async (write: (line: string) => void) =>
      format === "json" ? jsonLog(write, level) : logrusLog(write, level, io.clock);
    log = await makeLog(io.out);
    if (rest[0] === "help" || rest[0] === "h") return help(io, rest.slice(1));
    const found = findCommand(rest);
    if (found === undefined) {
      io.err(`No help topic for '${rest[0]}'\n`);
      return 2;
    }
    command = found.command;
    const parsed = parseArgs(found.args, command.flags, io.env);
    if (parsed.isHelp)
      return help(io, [...(command.group === undefined ? [] : [command.group]), command.name]);
    const context: SwarmContext = { ...io, log, errorLog: await makeLog(io.err), globals };
    const { run } = await command.load();
    return await run(context, parsed.flags, parsed.positionals);
  } catch (error) {
    return report(error, io, log, command);
  }
}

/** The command that the first words name, and the arguments behind them. */
function findCommand(
  words: readonly string[],
): { command: CommandSpec; args: readonly string[] } | undefined {
  const [first = "", second = ""] = words;
  const plain = commands.find(
    (one) => one.group === undefined && (one.name === first || one.short === first),
  );
  if (plain !== undefined) return { command: plain, args: words.slice(1) };
  const grouped = commands.find((one) => one.group === first && one.name === second);
  return grouped === undefined ? undefined : { command: grouped, args: words.slice(2) };
}

async function help(io: SwarmIo, words: readonly string[] | undefined): Promise<number> {
  const { commandHelp, programHelp } = await import("./help.ts");
  if (words === undefined || words.length === 0) {
    io.out(programHelp(io.program));
    return 0;
  }
  const found = findCommand(words);
  if (found === undefined) {
    io.err(`No help topic for '${words.join(" ")}'\n`);
    return 2;
  }
  io.out(commandHelp(io.program, found.command));
  return 0;
}

async function report(
  error: unknown,
  io: SwarmIo,
  log: ProgramLog,
  command: CommandSpec | undefined,
): Promise<number> {
  if (isAppError(error, "INCORRECT_USAGE")) {
    const { commandHelp, programHelp } = await import("./help.ts");
    const text = command === undefined ? programHelp(io.program) : commandHelp(io.program, command);
    io.err(`${error.message}\nIncorrect Usage.\n\n${text}`);
    return error.exitCode;
  }
  const known = error instanceof AppError ? error : undefined;
  const message =
    known === undefined && error instanceof Error ? (error.stack ?? error.message) : messageOf(error);
  if (command?.fatal === "plain") {
    io.err(plainLogLine(message, io.clock.now()));
    if (known?.hint !== undefined) io.err(`${known.hint}\n`);
  } else {
    log.fatal(message, known?.hint === undefined ? {} : { hint: known.hint });
  }
  return known?.exitCode ?? 1;
}
