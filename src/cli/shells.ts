/** How one shell sets and unsets variables; `hint` is the command that evaluates the output of another. */
export interface Shell {
  set(name: string, value: string): string;
  unset(name: string): string;
  comment(text: string): string;
  hint(command: string): string;
  /** A command that fails, so that the evaluation of nothing but an error is seen. */
  readonly failure: string;
}

const posix: Shell = {
  set: (name, value) => `export ${name}="${escaped(value, /[\\"$`]/g, "\\")}"`,
  unset: (name) => `unset ${name}`,
  comment: (text) => `# ${text}`,
  hint: (command) => `eval "$(${command})"`,
  failure: "false",
};

const fish: Shell = {
  ...posix,
  set: (name, value) => `set -gx ${name} "${escaped(value, /[\\"$]/g, "\\")}";`,
  unset: (name) => `set -e ${name};`,
  hint: (command) => `eval (${command})`,
};

const powershell: Shell = {
  ...posix,
  // PowerShell takes typographic quotation marks for plain ones
  set: (name, value) => `$Env:${name} = "${escaped(value, /[`"$\u201c\u201d\u201e]/g, "`")}"`,
  unset: (name) => `Remove-Item Env:\\\\${name}`,
  hint: (command) => `& ${command} | Invoke-Expression`,
  failure: 'throw "machine env failed"',
};

/** FOR puts the lines in place after special characters were looked for: nothing needs quoting. */
const cmd: Shell = {
  set: (name, value) => `SET ${name}=${value}`,
  unset: (name) => `SET ${name}=`,
  comment: (text) => `REM ${text}`,
  hint: (command) => `\t@FOR /f "tokens=*" %i IN ('${command}') DO @%i`,
  failure: "cmd /c exit 1",
};

/** Double quotes where they hold; inside them csh cannot escape, so single quotes for the rest. */
const tcsh: Shell = {
  set: (name, value) => `setenv ${name} ${/[\\"$`!']/.test(value) ? cshQuote(value) : `"${value}"`};`,
  unset: (name) => `unsetenv ${name};`,
  comment: (text) => `: ${text}`,
  hint: (command) => `eval \`${command}\``,
  failure: "false",
};

const emacs: Shell = {
  set: (name, value) => `(setenv "${name}" "${escaped(value, /[\\"]/g, "\\")}")`,
  unset: (name) => `(setenv "${name}" nil)`,
  comment: (text) => `;; ${text}`,
  hint: (command) => `(with-temp-buffer (shell-command "${command}" (current-buffer)) (eval-buffer))`,
  failure: '(error "machine env failed")',
};

const shells: Readonly<Record<string, Shell>> = {
  fish,
  powershell,
  pwsh: powershell,
  cmd,
  tcsh,
  csh: tcsh,
  emacs,
};

/** The shell of a name; every other name is one like bash. */
export function shellOf(name: string): Shell {
  return Object.hasOwn(shells, name) ? (shells[name] ?? posix) : posix;
}

function escaped(value: string, special: RegExp, mark: string): string {
  return value.replace(special, (character) => `${mark}${character}`);
}

/** csh looks for `!` inside single quotes too. */
function cshQuote(value: string): string {
  return `'${value.replaceAll("'", "'\\''").replaceAll("!", "\\!")}'`;
}
