/**
 * Completion for bash. The candidates come from the program itself (`machine __complete WORDS`), so that they know the
 * machines there are; a colon of `scp` belongs to the word.
 */
export function bashScript(): string {
  return `# bash completion of machine; load it with: eval "$(machine completion bash)"
_machine() {
  local line current=\${COMP_WORDS[COMP_CWORD]}
  COMPREPLY=()
  while IFS= read -r line; do
    [[ -n $line ]] && COMPREPLY+=("$line")
  done < <(command "\${COMP_WORDS[0]}" __complete "\${COMP_WORDS[@]:1:COMP_CWORD-1}" "$current" 2>/dev/null)
  if [[ \${COMPREPLY[0]-} == :files ]]; then
    COMPREPLY=()
    while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$current")
    compopt -o filenames 2>/dev/null
  fi
}
complete -F _machine machine
`;
}
