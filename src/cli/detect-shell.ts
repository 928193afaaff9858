import { basename, win32 } from "node:path";
import { AppError } from "../kit/errors.ts";
import { readTextIfPresent } from "../kit/fs.ts";
import type { Io } from "./command.ts";

const unixShells = /^-?(bash|sh|dash|ash|ksh|mksh|zsh|fish|t?csh|busybox|pwsh)$/;

/**
 * The shell that will read the output: $SHELL, where that is empty the program that called this one.
 * @throws SHELL_UNKNOWN when neither tells
 */
export async function detectShell(io: Io): Promise<string> {
  const shell = io.env["SHELL"] ?? "";
  if (io.platform === "win32") return windowsShell(io, shell);
  if (shell !== "") return basename(shell);
  const parent = ((await readTextIfPresent(`/proc/${io.parentPid}/comm`)) ?? "").trim();
  const known = unixShells.exec(parent)?.[1];
  if (known !== undefined) return known === "busybox" ? "sh" : known === "pwsh" ? "powershell" : known;
  throw new AppError("SHELL_UNKNOWN", "it cannot be told which shell this is: SHELL is not set", {
    hint: "name it with --shell",
  });
}

/** cmd gives its children PROMPT; PowerShell does not. */
function windowsShell(io: Io, shell: string): string {
  if (shell !== "") return io.env["__fish_bin_dir"] ? "fish" : win32.basename(shell, ".exe");
  return io.env["PROMPT"] ? "cmd" : "powershell";
}
