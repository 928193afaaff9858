import { dirname } from "node:path";
import { AppError } from "../kit/errors.ts";
import { ensureDirectory, readTextIfPresent, writeFileAtomic } from "../kit/fs.ts";
import { type CertificateProblem, checkCertificate } from "./check.ts";
import type { CertificatePair } from "./generate.ts";

/** The files that a machine's server certificate is made from and written to. */
export interface ServerCertFiles {
  readonly caCert: string;
  readonly caKey: string;
  readonly serverCert: string;
  readonly serverKey: string;
}

export interface ServerCertRequest {
  readonly machine: string;
  readonly owner: string;
  /** The user's `--tls-san` values, in their order. */
  readonly sans: readonly string[];
  /** Addresses by which the machine is reached, as the driver gives them. */
  readonly addresses: readonly string[];
  /** A Swarm master is a client of its nodes' engines. */
  readonly clientAuth: boolean;
  readonly nowMs: number;
}

const caMissing = (path: string) =>
  new AppError("CA_MISSING", `a server certificate cannot be made without the CA: ${path} is missing`, {
    hint: "put the CA's files back, or make a new CA with: machine regenerate-certs --client-certs",
  });

/** Makes a new server key and certificate and writes both; returns their PEM texts and the CA's. */
export async function issueServerCertificate(
  files: ServerCertFiles,
  request: ServerCertRequest,
): Promise<CertificatePair & { readonly ca: string }> {
  const ca = await requireText(files.caCert);
  const caKey = await requireText(files.caKey);
  const { generateLeaf } = await import("./generate.ts");
  const pair = await generateLeaf(
    { cert: ca, key: caKey },
    {
      organization: `${request.owner}.${request.machine}`,
      nowMs: request.nowMs,
      use: request.clientAuth ? "serverAndClient" : "server",
      sans: serverSans(request),
    },
  );
  await ensureDirectory(dirname(files.serverCert));
  await writeFileAtomic(files.serverKey, pair.key, 0o600);
  await writeFileAtomic(files.serverCert, pair.cert, 0o644);
  return { ...pair, ca };
}

function serverSans(request: ServerCertRequest): string[] {
  const own = ["localhost", request.machine, "127.0.0.1"];
  return [...request.sans, ...request.addresses, ...own].filter((san) => san !== "");
}

/** What is wrong with a machine's present server certificate; an empty list when it serves. */
export async function checkServerCertificate(
  files: Pick<ServerCertFiles, "caCert" | "serverCert" | "serverKey">,
  options: { readonly addresses: readonly string[]; readonly nowMs: number },
): Promise<CertificateProblem[]> {
  return checkCertificate({
    cert: await readTextIfPresent(files.serverCert),
    key: await readTextIfPresent(files.serverKey),
    ca: await readTextIfPresent(files.caCert),
    addresses: options.addresses,
    nowMs: options.nowMs,
  });
}

async function requireText(path: string): Promise<string> {
  const text = await readTextIfPresent(path);
  if (text === undefined) throw caMissing(path);
  return text;
}
