import { shellQuote } from "../kit/shell.ts";
import { serverCertificate } from "../machine/certificates.ts";
import type { Machine } from "../machine/machine.ts";
import { addressesOf } from "../machine/provisioning.ts";
import { optionsDirOf } from "./swarm-host.ts";

/**
 * Gives a running machine a server certificate that fits its part in a cluster, without a restart of its engine: that
 * one goes on with the certificate it has read, and takes the new one when it is next started.
 */
export async function renewCertificateInPlace(machine: Machine): Promise<void> {
  const addresses = await addressesOf(machine);
  const { serverCert, serverKey } = await serverCertificate(machine.ctx, machine.record, {
    addresses,
    renew: true,
  });
  const dir = await optionsDirOf(machine);
  const connection = await machine.ssh();
  const put = (name: string, text: string, mode: string) => {
    const path = shellQuote(`${dir}/${name}`);
    return `umask 077; cat >${path}.new <<'END'\n${text.trim()}\nEND\nchmod ${mode} ${path}.new; mv -f ${path}.new ${path}`;
  };
  await connection.run("if [ $(id -u) = 0 ]; then sh -s; else sudo -n sh -s; fi", {
    input: `set -e\n${put("server.pem", serverCert, "644")}\n${put("server-key.pem", serverKey, "600")}\n`,
  });
}
