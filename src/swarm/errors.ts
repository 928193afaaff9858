/** An error that the manager's API answers with `status`; the text is what a client sees. */
export class SwarmError extends Error {
  readonly status: number;
  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "SwarmError";
    this.status = status;
  }
}
