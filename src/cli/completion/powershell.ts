/** Completion for PowerShell; the candidates come from the program itself. */
export function powershellScript(): string {
  return `# PowerShell completion of machine; load it with: machine completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName machine -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { $_.ToString() })
    if ($wordToComplete -ne '' -and $words.Count -gt 0) { $words = @($words | Select-Object -SkipLast 1) }
    $current = if ($wordToComplete -eq '') { '""' } else { $wordToComplete }
    & machine __complete @words $current 2>$null | Where-Object { $_ -ne ':files' } | ForEach-Object {
        [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
    }
}
`;
}
