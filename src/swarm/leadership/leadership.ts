/** Which manager schedules, as one of them sees it. */
export interface Leadership {
  /** Whether this manager may schedule at this very moment; ask again before each act that must not be done twice. */
  isPrimary(): boolean;
  /** The advertise address of the primary, this manager's own included; "" while there is none. */
  primary(): string;
  /** @returns a function that ends the subscription */
  onChange(listener: () => void): () => void;
  /** Resolves when some manager is primary, or with false when the time is over. */
  whenElected(timeoutMs: number): Promise<boolean>;
  /** Resigns at once, so that another manager takes over without waiting for a TTL. */
  close(): Promise<void>;
}
