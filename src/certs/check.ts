import { createPrivateKey, X509Certificate } from "node:crypto";
import { isIP } from "node:net";

/** What can be wrong with a certificate. */
export type CertificateProblem =
  | "missing"
  | "unreadable"
  | "expired"
  | "notYetValid"
  | "nearEnd"
  | "foreign"
  | "keyMismatch"
  | "addressMissing";

const renewBeforeMs = 30 * 24 * 60 * 60 * 1000;

export interface CertificateCheck {
  /** PEM texts; undefined where the file is missing. */
  readonly cert: string | undefined;
  readonly key?: string | undefined;
  /** The CA that must have signed it. */
  readonly ca?: string | undefined;
  /** IPs and names that must be among its names. */
  readonly addresses?: readonly string[];
  readonly nowMs: number;
}

/** Everything that is wrong with a certificate, worst first; an empty list when it is good. */
export function checkCertificate(check: CertificateCheck): CertificateProblem[] {
  if (check.cert === undefined || check.cert.trim() === "") return ["missing"];
  const certificate = parse(check.cert);
  if (certificate === undefined) return ["unreadable"];
  const problems: CertificateProblem[] = [];
  if (check.ca !== undefined && !isSignedBy(certificate, check.ca)) problems.push("foreign");
  if ("key" in check && !keyMatches(certificate, check.key)) problems.push("keyMismatch");
  problems.push(...timeProblems(certificate, check.nowMs));
  const named = (address: string) => namesAddress(certificate, address);
  if (check.addresses?.every(named) === false) problems.push("addressMissing");
  return problems;
}

function parse(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined; // whatever is wrong with it: it cannot be used
  }
}

function isSignedBy(certificate: X509Certificate, caPem: string): boolean {
  const ca = parse(caPem);
  return ca !== undefined && certificate.checkIssued(ca) && certificate.verify(ca.publicKey);
}

function keyMatches(certificate: X509Certificate, keyPem: string | undefined): boolean {
  if (keyPem === undefined) return false;
  try {
    return certificate.checkPrivateKey(createPrivateKey(keyPem));
  } catch {
    return false; // not a key at all
  }
}

function timeProblems(certificate: X509Certificate, nowMs: number): CertificateProblem[] {
  const end = Date.parse(certificate.validTo);
  if (nowMs > end) return ["expired"];
  if (nowMs < Date.parse(certificate.validFrom)) return ["notYetValid"];
  return nowMs > end - renewBeforeMs ? ["nearEnd"] : [];
}

function namesAddress(certificate: X509Certificate, address: string): boolean {
  return (isIP(address) === 0 ? certificate.checkHost(address) : certificate.checkIP(address)) !== undefined;
}

/** The text for a person: "has expired". */
export function problemText(problem: CertificateProblem): string {
  switch (problem) {
    case "missing":
      return "is missing";
    case "unreadable":
      return "cannot be read";
    case "expired":
      return "has expired";
    case "notYetValid":
      return "is not valid yet (is the clock right?)";
    case "nearEnd":
      return "ends within 30 days";
    case "foreign":
      return "was not signed by this store's CA";
    case "keyMismatch":
      return "does not belong to its key";
    case "addressMissing":
      return "does not hold the machine's address";
  }
}
