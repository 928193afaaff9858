import type { SshConnection } from "../ssh/ssh.ts";
import { findProvisioner, provisionerNames } from "./detect.ts";
import { osNotRecognized } from "./errors.ts";
import { parseOsRelease } from "./os-release.ts";
import type { MachineFacts, Provisioner } from "./provisioner.ts";
import type { ProvisionRequest, UpgradeRequest } from "./request.ts";

const mark = "--- machine ---";

/** One round trip for all that must be known beforehand. */
const readFacts = `cat /etc/os-release; echo; echo '${mark}'; cat /etc/docker/daemon.json 2>/dev/null; echo; echo '${mark}'
cat /var/lib/boot2docker/.machine-daemon-keys /etc/docker/.machine-daemon-keys 2>/dev/null || :
echo '${mark}'; PATH=$PATH:/usr/sbin:/usr/local/sbin command -v dockerd || :`;

/**
 * Turns a reachable host into a Docker host behind TLS, with the provisioner of its system.
 * @throws OS_NOT_RECOGNIZED, ENGINE_NOT_STARTED, SSH_COMMAND_FAILED
 */
export async function provision(request: ProvisionRequest): Promise<void> {
  const { facts, provisioner } = await detect(request.connection, request.name);
  request.progress(`provisioning with ${provisioner.name}`);
  await provisioner.provision(request, facts);
}

/** Brings the engine of a host to its newest version; nothing where the image brings it. */
export async function upgradeEngine(request: UpgradeRequest): Promise<void> {
  const { facts, provisioner } = await detect(request.connection, "the machine");
  await provisioner.upgrade?.(request, facts);
}

async function detect(
  connection: SshConnection,
  machine: string,
): Promise<{ facts: MachineFacts; provisioner: Provisioner }> {
  const { stdout } = await connection.run(readFacts);
  const [osText = "", daemonJson = "", ownKeys = "", dockerd = ""] = stdout.split(`${mark}\n`);
  const os = parseOsRelease(osText);
  const provisioner = findProvisioner(os);
  if (provisioner === undefined) throw osNotRecognized(machine, os.get("ID") ?? "", provisionerNames());
  const facts = {
    os,
    daemonJson: daemonJson.trim(),
    ownKeys: ownKeys.trim(),
    dockerdPath: dockerd.trim(),
  };
  return { facts, provisioner };
}
