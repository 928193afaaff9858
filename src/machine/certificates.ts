import { join } from "node:path";
import type { CertificateProblem } from "../certs/check.ts";
import { type CertPaths, type EnsureResult, ensureCertificates } from "../certs/ensure.ts";
import { certificateOwner } from "../certs/owner.ts";
import { checkServerCertificate, issueServerCertificate, type ServerCertFiles } from "../certs/server.ts";
import { readTextIfPresent, writeFileAtomic } from "../kit/fs.ts";
import type { AuthOptions, HostRecord } from "../store/record.ts";
import type { MachineContext } from "./context.ts";
import type { EngineTarget } from "./engine-probe.ts";

const certPathsOf = (auth: AuthOptions): CertPaths => ({
  caCert: auth.CaCertPath,
  caKey: auth.CaPrivateKeyPath,
  clientCert: auth.ClientCertPath,
  clientKey: auth.ClientKeyPath,
});

const serverFilesOf = (auth: AuthOptions): ServerCertFiles => ({
  caCert: auth.CaCertPath,
  caKey: auth.CaPrivateKeyPath,
  serverCert: auth.ServerCertPath,
  serverKey: auth.ServerKeyPath,
});

/** CA and client certificate that a record names: made or renewed where needed; one process at a time. */
export function ensureClientCertificates(
  ctx: MachineContext,
  auth: AuthOptions,
  options: { rotate?: boolean } = {},
): Promise<EnsureResult> {
  return ctx.store.withLock(
    "certs",
    () =>
      ensureCertificates(certPathsOf(auth), {
        owner: certificateOwner(ctx.env, ctx.platform),
        nowMs: ctx.clock.now(),
        info: (message) => ctx.report({ type: "info", message }),
        ...options,
      }),
    ctx.signal,
  );
}

/** Brings the copies in the machine's directory (DOCKER_CERT_PATH) up to date. */
export async function copyClientCertificates(auth: AuthOptions): Promise<void> {
  await Promise.all([
    copyText(auth.CaCertPath, join(auth.StorePath, "ca.pem"), 0o644),
    copyText(auth.ClientCertPath, join(auth.StorePath, "cert.pem"), 0o644),
    copyText(auth.ClientKeyPath, join(auth.StorePath, "key.pem"), 0o600),
  ]);
}

async function copyText(from: string, to: string, mode: number): Promise<void> {
  const [wanted, present] = await Promise.all([readTextIfPresent(from), readTextIfPresent(to)]);
  if (wanted !== undefined && wanted !== present) await writeFileAtomic(to, wanted, mode);
}

/** What goes to the machine, PEM. */
export interface ServerCertificate {
  readonly ca: string;
  readonly serverCert: string;
  readonly serverKey: string;
}

/** The machine's server certificate as it is in the store; a new one where that does not serve, or `renew` says so. */
export async function serverCertificate(
  ctx: MachineContext,
  record: HostRecord,
  options: { addresses: readonly string[]; renew?: boolean },
): Promise<ServerCertificate> {
  const auth = record.HostOptions.AuthOptions;
  const problems = await serverProblems(ctx, record, options.addresses);
  if (problems.length > 0 || options.renew === true) {
    const pair = await issueServerCertificate(serverFilesOf(auth), {
      machine: record.Name,
      owner: certificateOwner(ctx.env, ctx.platform),
      sans: auth.ServerCertSANs,
      addresses: options.addresses,
      clientAuth: record.HostOptions.SwarmOptions.IsSwarm, // a manager calls engines, an agent its manager
      nowMs: ctx.clock.now(),
    });
    return { ca: pair.ca, serverCert: pair.cert, serverKey: pair.key };
  }
  const [ca, serverCert, serverKey] = await Promise.all(
    [auth.CaCertPath, auth.ServerCertPath, auth.ServerKeyPath].map(readTextIfPresent),
  );
  return { ca: ca ?? "", serverCert: serverCert ?? "", serverKey: serverKey ?? "" };
}

/** What is wrong with the machine's server certificate in the store. */
export function serverProblems(
  ctx: MachineContext,
  record: HostRecord,
  addresses: readonly string[],
): Promise<CertificateProblem[]> {
  const files = serverFilesOf(record.HostOptions.AuthOptions);
  return checkServerCertificate(files, { addresses, nowMs: ctx.clock.now() });
}

/** The client's side of a connection to a machine's engine, with the certificates that the record names. */
export async function engineTarget(auth: AuthOptions, url: string): Promise<EngineTarget> {
  const [ca, cert, key] = await Promise.all(
    [auth.CaCertPath, auth.ClientCertPath, auth.ClientKeyPath].map(readTextIfPresent),
  );
  return { url, ca: ca ?? "", cert: cert ?? "", key: key ?? "" };
}
