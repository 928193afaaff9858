/** Completion for zsh; the candidates come from the program itself. */
export function zshScript(): string {
  return `#compdef machine
# zsh completion of machine; load it with: eval "$(machine completion zsh)"
_machine() {
  local -a candidates
  candidates=("\${(@f)$(command "\${words[1]}" __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ "\${candidates[1]}" == ":files" ]]; then
    _files
  else
    compadd -- "\${(@)candidates:#}"
  fi
}
if (( $+functions[compdef] )); then
  compdef _machine machine
fi
`;
}
