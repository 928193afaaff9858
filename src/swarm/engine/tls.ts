import { createSecureContext, type SecureContext } from "node:tls";
import { messageOf, systemCode } from "../../kit/errors.ts";

/** PEM texts for the connections to engines. */
export interface EngineTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** Whether the engine's certificate must come from `ca` and name the address. */
  readonly verify: boolean;
}

/** TLS as connections use it; made once and shared by all engines. */
export interface EngineTlsContext {
  readonly secureContext: SecureContext;
  readonly verify: boolean;
}

export function openTlsContext(tls: EngineTls): EngineTlsContext {
  const { ca, cert, key, verify } = tls;
  return {
    verify,
    secureContext: createSecureContext({
      minVersion: "TLSv1.2",
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    }),
  };
}

/**
 * What a failed TLS connection means for a person, naming what the engine's certificate holds.
 * @returns undefined for errors that are not TLS's
 */
export function explainTlsError(error: unknown, addr: string): string | undefined {
  const code = systemCode(error) ?? "";
  switch (code) {
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return `the certificate of the engine at ${addr} is not for this address; ${namesIn(error)}`;
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
    case "UNABLE_TO_GET_ISSUER_CERT":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
    case "CERT_SIGNATURE_FAILURE":
      return `the certificate of the engine at ${addr} does not come from the CA given with --tlscacert (${code})`;
    case "CERT_HAS_EXPIRED":
      return `the certificate of the engine at ${addr} has expired`;
    case "CERT_NOT_YET_VALID":
      return `the certificate of the engine at ${addr} is not valid yet: check the clocks`;
    case "ERR_SSL_WRONG_VERSION_NUMBER":
    case "ERR_SSL_PACKET_LENGTH_TOO_LONG":
    case "EPROTO":
      return `the engine at ${addr} does not speak TLS as this manager does (${code}): is it a plain tcp:// listener?`;
  }
  if (/ALERT|SSL|TLS/.test(code))
    return `the engine at ${addr} refused the TLS connection (${code}): does it know the CA of this manager's certificate?`;
  if (/wrong version number/.test(messageOf(error)))
    return `the engine at ${addr} does not speak TLS: is it a plain tcp:// listener?`;
  return undefined;
}

function namesIn(error: unknown): string {
  if (typeof error !== "object" || error === null || !("cert" in error)) return "it holds other names";
  const { cert } = error;
  const names =
    typeof cert === "object" && cert !== null && "subjectaltname" in cert ? cert.subjectaltname : "";
  return typeof names === "string" && names !== "" ? `it holds ${names}` : "it holds no names or IPs at all";
}
