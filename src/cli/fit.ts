/** Code points that take two columns: East Asian scripts and most emoji. Source: Unicode's EastAsianWidth.txt. */
const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const joining = /\p{Mark}|[\u200b-\u200f]/u;

/** How many columns of a terminal one character takes. */
function columnsOf(character: string): number {
  if (joining.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}

/** How many columns a text without control characters takes. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += columnsOf(character);
  return width;
}

/** One line of at most `width` columns: colours and control characters are taken out, what is too long is cut. */
export function fitLine(text: string, width: number): string {
  const plain = text.replace(/\p{Cc}\[[0-9;?]*[A-Za-z]/gu, "").replace(/\p{Cc}+/gu, " ");
  if (displayWidth(plain) <= width) return plain;
  let kept = "";
  let used = 0;
  for (const character of plain) {
    used += columnsOf(character);
    if (used > width - 1) break;
    kept += character;
  }
  return width < 1 ? "" : `${kept}…`;
}
