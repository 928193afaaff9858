import { copyFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { AppError } from "../kit/errors.ts";
import { ensureDirectory, readTextIfPresent, writeFileAtomic } from "../kit/fs.ts";
import { type CertificateProblem, checkCertificate, problemText } from "./check.ts";
import type { CertificatePair } from "./generate.ts";

/** Where the CA's and the client's files are. */
export interface CertPaths {
  readonly caCert: string;
  readonly caKey: string;
  readonly clientCert: string;
  readonly clientKey: string;
}

export interface EnsureOptions {
  /** The user's name, as certificates show it. */
  readonly owner: string;
  readonly nowMs: number;
  /** Makes a new client certificate whatever the present one is like, and a new CA: rotation. */
  readonly rotate?: boolean;
  readonly info: (message: string) => void;
}

/** What `ensureCertificates` did; machines with certificates of an old CA are to be served anew. */
export interface EnsureResult {
  readonly newCa: boolean;
  readonly newClient: boolean;
}

const caKeyAlone = (path: string) =>
  new AppError("CA_KEY_WITHOUT_CERT", `there is a CA key but no CA certificate beside it: ${path}`, {
    hint: "put the certificate back, or move the key away to let a new CA be made",
  });

const caUnusable = (path: string, problem: CertificateProblem) =>
  new AppError("CA_UNUSABLE", `the CA certificate ${path} ${problemText(problem)}`, {
    hint: "put the right files back, or make a new CA with: machine regenerate-certs --client-certs",
  });

/**
 * Makes what is missing of CA and client certificate, and renews what has expired, nears its end or does not fit.
 * Files are replaced whole, keys 0600. The caller holds the lock "certs".
 * @throws CA_KEY_WITHOUT_CERT, CA_UNUSABLE
 */
export async function ensureCertificates(paths: CertPaths, options: EnsureOptions): Promise<EnsureResult> {
  await ensureDirectory(dirname(paths.caCert));
  const newCa = await ensureCa(paths, options);
  const newClient = await ensureClient(paths, options);
  return { newCa, newClient };
}

async function ensureCa(paths: CertPaths, options: EnsureOptions): Promise<boolean> {
  await finishInterruptedCa(paths, options.nowMs);
  const cert = await readTextIfPresent(paths.caCert);
  const key = await readTextIfPresent(paths.caKey);
  if (options.rotate !== true) {
    if (cert === undefined && key !== undefined) throw caKeyAlone(paths.caKey);
    if (cert !== undefined) {
      const problems = checkCertificate({
        cert,
        nowMs: options.nowMs,
        ...(key === undefined ? {} : { key }),
      });
      const bad = problems.find((problem) => problem === "unreadable" || problem === "keyMismatch");
      if (bad !== undefined) throw caUnusable(paths.caCert, bad);
      if (!problems.includes("expired")) return false;
      options.info("the CA certificate has expired: making a new one");
    }
  }
  const { generateCa } = await import("./generate.ts");
  options.info(`creating CA: ${paths.caCert}`);
  const pair = await generateCa(options.owner, options.nowMs);
  await writeCa(paths, pair, cert !== undefined);
  return true;
}

/**
 * A kill at any moment leaves the old CA, or one that `finishInterruptedCa` completes. The old files are kept
 * beside the new ones: machines may still hold certificates of that CA.
 */
async function writeCa(paths: CertPaths, pair: CertificatePair, replaces: boolean): Promise<void> {
  await ensureDirectory(dirname(paths.caKey));
  if (replaces) {
    await copyFile(paths.caCert, `${paths.caCert}.old`);
    const key = await readTextIfPresent(paths.caKey);
    if (key !== undefined) await writeFileAtomic(`${paths.caKey}.old`, key, 0o600);
  }
  await writeFileAtomic(draftOf(paths), pair.cert, 0o644);
  await writeFileAtomic(paths.caKey, pair.key, 0o600);
  await rename(draftOf(paths), paths.caCert);
}

const draftOf = (paths: CertPaths) => `${paths.caCert}.new`;

async function finishInterruptedCa(paths: CertPaths, nowMs: number): Promise<void> {
  const cert = await readTextIfPresent(draftOf(paths));
  if (cert === undefined) return;
  const key = await readTextIfPresent(paths.caKey);
  const fits = !checkCertificate({ cert, key, nowMs }).some((problem) => problem !== "nearEnd");
  if (fits) await rename(draftOf(paths), paths.caCert);
  else await rm(draftOf(paths));
}

async function ensureClient(paths: CertPaths, options: EnsureOptions): Promise<boolean> {
  const ca = await readTextIfPresent(paths.caCert);
  const cert = await readTextIfPresent(paths.clientCert);
  const key = await readTextIfPresent(paths.clientKey);
  const problems = checkCertificate({ cert, key, ca, nowMs: options.nowMs });
  if (problems.length === 0 && options.rotate !== true) return false;
  const caKey = await readTextIfPresent(paths.caKey);
  if (ca === undefined || caKey === undefined) {
    // a CA kept elsewhere cannot sign; what is there goes on serving until its very end
    if (problems.every((problem) => problem === "nearEnd")) return false;
    throw new AppError(
      "CA_KEY_MISSING",
      `the client certificate ${paths.clientCert} cannot be renewed without the CA key`,
      {
        hint: `put the CA key back at ${paths.caKey}`,
      },
    );
  }
  const { generateLeaf } = await import("./generate.ts");
  options.info(`creating client certificate: ${paths.clientCert}`);
  const pair = await generateLeaf(
    { cert: ca, key: caKey },
    { organization: `${options.owner}.<bootstrap>`, nowMs: options.nowMs, use: "client", sans: [] },
  );
  await writePair(paths.clientCert, paths.clientKey, pair);
  return true;
}

/** The key first: a crash between the two leaves a pair that does not fit, which the next run renews. */
async function writePair(certPath: string, keyPath: string, pair: CertificatePair): Promise<void> {
  await ensureDirectory(dirname(keyPath));
  await ensureDirectory(dirname(certPath));
  await writeFileAtomic(keyPath, pair.key, 0o600);
  await writeFileAtomic(certPath, pair.cert, 0o644);
}
