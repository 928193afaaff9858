/** Completion for fish; the candidates come from the program itself. */
export function fishScript(): string {
  return `# fish completion of machine; load it with: machine completion fish | source
function __machine_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l candidates (command $words[1] __complete $words[2..-1] "$current" 2>/dev/null)
    if test "$candidates[1]" = ":files"
        __fish_complete_path "$current"
    else
        printf '%s\\n' $candidates
    end
end
complete -c machine -f -a '(__machine_complete)'
`;
}
