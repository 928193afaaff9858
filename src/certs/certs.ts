/** Where the CA's and the client's files are. */
export interface CertPaths {
  readonly caCert: string;
  readonly caKey: string;
  readonly clientCert: string;
  readonly clientKey: string;
}

export interface ServerCertRequest {
  readonly machine: string;
  /** The user's `--tls-san` values, in their order. */
  readonly sans: readonly string[];
  /** Address as the driver gives it; "" when there is none. */
  readonly address: string;
  /** A Swarm master is a client of its nodes' engines. */
  readonly clientAuth: boolean;
}
