import { AppError } from "../kit/errors.ts";

/** A template that cannot be parsed, or that failed on its data; worded as Go's text/template words it. */
export class TemplateError extends AppError {
  constructor(code: "TEMPLATE_INVALID" | "TEMPLATE_FAILED", message: string) {
    super(code, code === "TEMPLATE_INVALID" ? `template parsing error: ${message}` : message);
    this.name = "TemplateError";
  }
}

/** What a function found wrong; the evaluator adds where. */
export class FunctionError extends Error {}
