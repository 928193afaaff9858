/** The words of a text, for lists that are easier to read without quotation marks. */
export function words(text: string): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}
