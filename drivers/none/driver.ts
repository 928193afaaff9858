import type { Driver, DriverConfig, DriverModule, FlagSpec, FlagValues } from "#driver";
import { notSupported } from "#driver";
import { usageError } from "#kit/errors";

interface NoneConfig extends DriverConfig {
  URL: string;
}

const flags: readonly FlagSpec[] = [
  { name: "url", type: "string", default: "", summary: "URL of an engine that runs already (required)" },
];

const schemes = ["tcp:", "http:", "https:", "unix:", "ssh:", "npipe:"];

function configure(values: FlagValues, base: DriverConfig): NoneConfig {
  const url = values.string("url");
  if (url === "") throw usageError("--url is required with the driver none", "--url tcp://HOST:2376");
  if (!URL.canParse(url) || !schemes.includes(new URL(url).protocol)) {
    throw usageError(
      `--url: "${url}" is no address of an engine`,
      `one of ${schemes.map((one) => `${one}//`).join(" ")}`,
    );
  }
  // docker-machine's none driver keeps no Swarm fields
  const noSwarm = { SwarmMaster: false, SwarmHost: "", SwarmDiscovery: "" };
  const noSsh = { SSHUser: "", SSHPort: 0, SSHKeyPath: "" };
  return { ...base, ...noSwarm, ...noSsh, IPAddress: new URL(url).host, URL: url };
}

/** An engine known by its URL alone: nothing is made, started or stopped. */
class NoneDriver implements Driver<NoneConfig> {
  readonly config: NoneConfig;

  constructor(config: DriverConfig) {
    const url = config["URL"];
    this.config = Object.assign(config, { URL: typeof url === "string" ? url : "" });
  }

  preCreateCheck = async () => undefined;
  create = async () => undefined;
  remove = async () => undefined;
  start = () => this.#refuse("start");
  stop = () => this.#refuse("stop");
  kill = () => this.#refuse("kill");
  restart = () => this.#refuse("restart");
  state = async () => "Running" as const;
  url = async () => this.config.URL;

  /** Host and port of the URL, as docker-machine gives it; "" for a socket. */
  async ip(): Promise<string> {
    return URL.canParse(this.config.URL) ? new URL(this.config.URL).host : "";
  }

  async reach(port: number) {
    return { host: new URL(this.config.URL).hostname.replace(/^\[(.*)\]$/, "$1"), port };
  }

  sshAddress = () => this.#refuse("log in to");

  #refuse(operation: string): Promise<never> {
    return Promise.reject(notSupported("none", operation));
  }
}

/** Engines that exist already. */
export const driver: DriverModule<NoneConfig> = {
  name: "none",
  flags,
  features: { hasHost: false, hasPower: false, ownsHost: false },
  check: async () => ({ usable: true }),
  configure,
  open: (_ctx, config) => new NoneDriver(config),
  states: async (_ctx, configs) =>
    new Map(
      configs.map((config) => [
        config.MachineName,
        { state: "Running", url: typeof config["URL"] === "string" ? config["URL"] : "" },
      ]),
    ),
};
