import type { DriverModule } from "../driver/driver.ts";
import type { FlagValues } from "../driver/flags.ts";
import { AppError } from "../kit/errors.ts";
import type { CreateRequest } from "../machine/create.ts";
import type { SwarmOptions } from "../store/record.ts";
import type { CommandContext } from "./command.ts";

/** What `create` asks of src/machine, from its flags. */
export function createRequest(
  { options }: CommandContext,
  name: string,
  driver: DriverModule,
  flags: FlagValues,
  swarm: Partial<SwarmOptions>,
): CreateRequest {
  const auth = {
    ServerCertSANs: flags.list("tls-san"),
    ...(options.tlsCaCert === "" ? {} : { CaCertPath: options.tlsCaCert }),
    ...(options.tlsCaKey === "" ? {} : { CaPrivateKeyPath: options.tlsCaKey }),
    ...(options.tlsClientCert === "" ? {} : { ClientCertPath: options.tlsClientCert }),
    ...(options.tlsClientKey === "" ? {} : { ClientKeyPath: options.tlsClientKey }),
  };
  const engine = {
    ArbitraryFlags: flags.list("engine-opt"),
    Env: flags.list("engine-env"),
    InsecureRegistry: flags.list("engine-insecure-registry"),
    Labels: flags.list("engine-label"),
    RegistryMirror: flags.list("engine-registry-mirror"),
    StorageDriver: flags.string("engine-storage-driver"),
    InstallURL: flags.string("engine-install-url"),
  };
  return { name, driver, flags, engine, swarm, auth, keep: flags.bool("keep") };
}

/** The Swarm options that the flags of `create` say. */
export function swarmOptions(flags: FlagValues): Partial<SwarmOptions> {
  return {
    IsSwarm: flags.bool("swarm") || flags.bool("swarm-master"),
    Address: flags.string("swarm-addr"),
    Discovery: flags.string("swarm-discovery"),
    Agent: flags.bool("swarm"),
    Master: flags.bool("swarm-master"),
    Host: flags.string("swarm-host"),
    Image: flags.string("swarm-image"),
    Strategy: flags.string("swarm-strategy"),
    ArbitraryFlags: flags.list("swarm-opt"),
    ArbitraryJoinFlags: flags.list("swarm-join-opt"),
    IsExperimental: flags.bool("swarm-experimental"),
  };
}

/** @throws DISCOVERY_INVALID */
export function checkDiscovery(url: string): void {
  if (url === "" || /^[^:]*:\/\/.*/.test(url)) return;
  throw new AppError("DISCOVERY_INVALID", `"${url}" is no discovery URL`, {
    hint: "it has the form SCHEME://ADDRESS, for example token://ID, nodes://IP:PORT,…, etcd://HOST:PORT/PATH",
  });
}
