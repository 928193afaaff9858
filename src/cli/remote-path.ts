/** `[[USER@]NAME:]PATH` as scp and mount take it; no machine for a path of this computer. */
export interface RemotePath {
  readonly machine?: string;
  readonly user?: string;
  readonly path: string;
}

/**
 * Takes a word of `scp` apart. `localhost:` and, on Windows, a drive letter mean this computer; so does a path that
 * has a slash before its first colon.
 */
export function parseRemotePath(word: string, platform: NodeJS.Platform): RemotePath {
  const colon = word.indexOf(":");
  const head = word.slice(0, colon);
  const path = word.slice(colon + 1);
  if (colon < 0 || /[\\/]/.test(head)) return { path: word };
  if (platform === "win32" && /^[A-Za-z]$/.test(head)) return { path: word };
  if (head === "localhost") return { path };
  const at = head.lastIndexOf("@");
  const machine = head.slice(at + 1);
  return at < 0 ? { machine, path } : { machine, user: head.slice(0, at), path };
}
