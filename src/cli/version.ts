/** Version of this program, as package.json has it; the build puts the commit in its place. */
const version = "1.0.0";

/** The one line of `--version`. */
export function versionLine(program: string): string {
  return `${program} version ${version}, build ${build()}`;
}

declare const BUILD_COMMIT: string | undefined;

function build(): string {
  return typeof BUILD_COMMIT === "string" ? BUILD_COMMIT : "source";
}
