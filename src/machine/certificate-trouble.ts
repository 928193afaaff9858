import { type CertificateProblem, checkCertificate, problemText } from "../certs/check.ts";
import { readTextIfPresent } from "../kit/fs.ts";
import type { HostRecord } from "../store/record.ts";
import { ensureClientCertificates, serverProblems } from "./certificates.ts";
import type { MachineContext } from "./context.ts";

/** A sentence about a certificate that does not serve, and what to type. */
export interface CertificateTrouble {
  readonly message: string;
  readonly hint: string;
}

const renewed = new Set<CertificateProblem>(["nearEnd"]);

/**
 * Looks, without network, for a certificate that explains why a machine's engine cannot be used.
 * @param addresses by which the machine is reached
 */
export async function certificateTrouble(
  ctx: MachineContext,
  record: HostRecord,
  addresses: readonly string[],
): Promise<CertificateTrouble | undefined> {
  const auth = record.HostOptions.AuthOptions;
  const [ca, cert, key] = await Promise.all(
    [auth.CaCertPath, auth.ClientCertPath, auth.ClientKeyPath].map(readTextIfPresent),
  );
  const nowMs = ctx.clock.now();
  const caProblem = worst(checkCertificate({ cert: ca, nowMs }));
  if (caProblem !== undefined)
    return trouble("the CA certificate", caProblem, "--client-certs ", record.Name);
  const clientProblem = worst(checkCertificate({ cert, key, ca, nowMs }));
  if (clientProblem !== undefined) {
    return trouble("the client certificate", clientProblem, "", record.Name);
  }
  const serverProblem = worst(await serverProblems(ctx, record, addresses));
  return serverProblem === undefined
    ? undefined
    : trouble("the machine's server certificate", serverProblem, "", record.Name);
}

/**
 * Looks after certificates that end within 30 days and still serve: the client's is renewed here, the server's, which
 * takes a restart of the engine, is told of.
 */
export async function renewBeforeEnd(ctx: MachineContext, record: HostRecord): Promise<void> {
  const auth = record.HostOptions.AuthOptions;
  const [ca, cert, key] = await Promise.all(
    [auth.CaCertPath, auth.ClientCertPath, auth.ClientKeyPath].map(readTextIfPresent),
  );
  if (onlyNearEnd(checkCertificate({ cert, key, ca, nowMs: ctx.clock.now() }))) {
    await ensureClientCertificates(ctx, auth);
  }
  if (onlyNearEnd(await serverProblems(ctx, record, []))) {
    const remedy = `the next start renews it; ${regenerateHint(record.Name)}`;
    const message = `the server certificate of "${record.Name}" ${problemText("nearEnd")}: ${remedy}`;
    ctx.report({ type: "warning", machine: record.Name, message });
  }
}

function onlyNearEnd(problems: readonly CertificateProblem[]): boolean {
  return problems.length === 1 && problems[0] === "nearEnd";
}

/** What is near its end still serves, and is renewed by the next start or provisioning. */
function worst(problems: readonly CertificateProblem[]): CertificateProblem | undefined {
  return problems.find((problem) => !renewed.has(problem));
}

function trouble(what: string, problem: CertificateProblem, flags: string, name: string): CertificateTrouble {
  return {
    message: `${what} ${problemText(problem)}`,
    hint: regenerateHint(name, flags),
  };
}

/** The remedy for certificates, with the warning that goes with it. */
export function regenerateHint(name: string, flags = ""): string {
  return `machine regenerate-certs ${flags}${name} makes new certificates; it restarts the engine, which may stop containers`;
}
