import "reflect-metadata"; // @peculiar/x509 needs it to be there first
import { createPrivateKey, randomBytes, webcrypto } from "node:crypto";
import { isIP } from "node:net";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  type JsonGeneralName,
  KeyUsageFlags,
  KeyUsagesExtension,
  type Name,
  PublicKey,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { newRsaKey } from "./rsa-key.ts";

/** A certificate and its key as the files hold them: PEM, the key as PKCS#1. */
export interface CertificatePair {
  readonly cert: string;
  readonly key: string;
}

const rsa = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
const dayMs = 24 * 60 * 60 * 1000;
const lifetimeDays = 1080;

/** A new CA named `organization`, valid for 1080 days from five minutes before `nowMs`. */
export async function generateCa(organization: string, nowMs: number): Promise<CertificatePair> {
  const key = await newKey();
  const usages =
    KeyUsageFlags.digitalSignature |
    KeyUsageFlags.keyEncipherment |
    KeyUsageFlags.keyAgreement |
    KeyUsageFlags.keyCertSign;
  const cert = await sign({
    organization,
    nowMs,
    publicKey: key.publicKey,
    signingKey: key.privateKey,
    extensions: async (publicKey) => [
      new KeyUsagesExtension(usages, true),
      new BasicConstraintsExtension(true, undefined, true),
      await SubjectKeyIdentifierExtension.create(publicKey),
    ],
  });
  return { cert, key: key.pem };
}

/** What sets a leaf apart; the usages follow from it. */
export interface LeafRequest {
  readonly organization: string;
  readonly nowMs: number;
  readonly use: "client" | "server" | "serverAndClient";
  /** Names and addresses; what reads as an IP becomes an IP entry. Empty for clients. */
  readonly sans: readonly string[];
}

/** A new key and a certificate for it, signed by `ca`. */
export async function generateLeaf(ca: CertificatePair, request: LeafRequest): Promise<CertificatePair> {
  const issuer = new X509Certificate(ca.cert);
  const key = await newKey();
  const cert = await sign({
    organization: request.organization,
    nowMs: request.nowMs,
    issuer: issuer.subjectName,
    publicKey: key.publicKey,
    signingKey: await importPrivate(ca.key),
    extensions: async () => [
      ...leafExtensions(request),
      await AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  return { cert, key: key.pem };
}

function leafExtensions({ use, sans }: LeafRequest): Extension[] {
  const usages =
    use === "client"
      ? KeyUsageFlags.digitalSignature
      : KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment | KeyUsageFlags.keyAgreement;
  const purposes = {
    client: [ExtendedKeyUsage.clientAuth],
    server: [ExtendedKeyUsage.serverAuth],
    serverAndClient: [ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth],
  }[use];
  const extensions: Extension[] = [
    new KeyUsagesExtension(usages, true),
    new ExtendedKeyUsageExtension(purposes),
    new BasicConstraintsExtension(false, undefined, true),
  ];
  if (sans.length > 0) extensions.push(new SubjectAlternativeNameExtension(generalNames(sans)));
  return extensions;
}

/** Names first, then addresses, each once, in the order given. */
function generalNames(sans: readonly string[]): JsonGeneralName[] {
  const unique = [...new Set(sans)];
  const names = unique.filter((san) => isIP(san) === 0).map((value) => ({ type: "dns" as const, value }));
  const addresses = unique.filter((san) => isIP(san) !== 0).map((value) => ({ type: "ip" as const, value }));
  return [...names, ...addresses];
}

interface SignRequest {
  readonly organization: string;
  readonly nowMs: number;
  /** The subject itself when left out. */
  readonly issuer?: Name;
  readonly publicKey: webcrypto.CryptoKey;
  readonly signingKey: webcrypto.CryptoKey;
  extensions(publicKey: PublicKey): Promise<Extension[]>;
}

async function sign(request: SignRequest): Promise<string> {
  cryptoProvider.set(webcrypto);
  const subject = [{ O: [request.organization] }];
  const notBefore = new Date(Math.floor((request.nowMs - 5 * 60_000) / 60_000) * 60_000);
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject,
    issuer: request.issuer ?? subject,
    notBefore,
    notAfter: new Date(notBefore.getTime() + lifetimeDays * dayMs),
    signingAlgorithm: rsa,
    publicKey: request.publicKey,
    signingKey: request.signingKey,
    extensions: await request.extensions(await PublicKey.create(request.publicKey)),
  });
  return `${certificate.toString("pem").trimEnd()}\n`;
}

/** 128 random bits; the first one clear, as the number must be positive, and the second set, so that it is long. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString("hex");
}

interface NewKey {
  readonly pem: string;
  readonly publicKey: webcrypto.CryptoKey;
  readonly privateKey: webcrypto.CryptoKey;
}

async function newKey(): Promise<NewKey> {
  const pair = await newRsaKey();
  const pem = String(pair.privateKey.export({ type: "pkcs1", format: "pem" }));
  const spki = pair.publicKey.export({ type: "spki", format: "der" });
  const publicKey = await webcrypto.subtle.importKey("spki", spki, rsa, true, ["verify"]);
  return { pem, publicKey, privateKey: await importPrivate(pem) };
}

async function importPrivate(pem: string): Promise<webcrypto.CryptoKey> {
  const pkcs8 = createPrivateKey(pem).export({ type: "pkcs8", format: "der" });
  return webcrypto.subtle.importKey("pkcs8", pkcs8, rsa, false, ["sign"]);
}
