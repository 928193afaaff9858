import type { GoValue } from "./values.ts";

/** A place in the source, for error messages. */
export interface Place {
  readonly at: number;
  /** The source of what stands there. */
  readonly source: string;
}

/** One operand: something that has a value. */
export type Operand = Place &
  (
    | { readonly kind: "constant"; readonly value: GoValue }
    | { readonly kind: "nil" }
    | { readonly kind: "dot" }
    | { readonly kind: "field"; readonly names: readonly string[] }
    | { readonly kind: "variable"; readonly name: string; readonly names: readonly string[] }
    | { readonly kind: "function"; readonly name: string }
    | { readonly kind: "pipeline"; readonly pipeline: Pipeline; readonly names: readonly string[] }
  );

export interface Command extends Place {
  readonly words: readonly [Operand, ...Operand[]];
}

export interface Pipeline extends Place {
  readonly declares: readonly string[];
  /** `=` instead of `:=`. */
  readonly assigns: boolean;
  readonly commands: readonly Command[];
}

export type Node =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "action"; readonly pipeline: Pipeline }
  | ({ readonly kind: "if" | "with" | "range" } & Branch)
  | { readonly kind: "template"; readonly name: string; readonly pipeline?: Pipeline; readonly place: Place }
  | { readonly kind: "break" }
  | { readonly kind: "continue" };

export interface Branch {
  readonly pipeline: Pipeline;
  readonly body: readonly Node[];
  readonly otherwise: readonly Node[];
}

/** A parsed text with the templates that it defines. */
export interface Tree {
  readonly source: string;
  readonly name: string;
  readonly body: readonly Node[];
  readonly definitions: ReadonlyMap<string, readonly Node[]>;
}
