import { TemplateError } from "./errors.ts";
import { evaluate } from "./evaluate.ts";
import { templateFunctions } from "./functions.ts";
import { parse } from "./parser.ts";
import type { GoValue } from "./values.ts";

/** A parsed template. */
export interface Template {
  /**
   * What it prints for `data`.
   * @throws TemplateError TEMPLATE_FAILED
   */
  execute(data: GoValue): string;
}

/**
 * Parses a template of Go's text/template, with all of its functions and those of docker's `--format`: json,
 * prettyjson, join, split, lower, upper, title, pad, truncate.
 * Source: the documentation of Go's package text/template.
 * @throws TemplateError TEMPLATE_INVALID
 */
export function parseTemplate(source: string, name = ""): Template {
  const tree = parse(source, new Set([...templateFunctions.keys(), "and", "or"]), name);
  return {
    execute(data) {
      try {
        return evaluate(tree, templateFunctions, data);
      } catch (error) {
        if (error instanceof RangeError) {
          throw new TemplateError("TEMPLATE_FAILED", `template: ${name}: it goes too deep`);
        }
        throw error;
      }
    },
  };
}
