import { AppError } from "#kit/errors";
import { dotted, parseCidr } from "./config.ts";
import { at, type Engine, EngineRefused, isJson, listAt, textAt } from "./engine.ts";
import { label } from "./labels.ts";

const defaultRanges = [92, 93, 94, 95, 96, 97, 98, 99].map((octet) => `192.168.${octet}.0/24`);

/** Range of an existing network; undefined when there is no such network. */
export async function networkRange(engine: Engine, name: string): Promise<string | undefined> {
  const network = await engine.call("GET", `/networks/${name}`, undefined, [404]);
  if (network === undefined) return undefined;
  const range = textAt(listAt(network, "IPAM", "Config")[0], "Subnet");
  if (range === "" || textAt(network, "Driver") !== "bridge") {
    throw new AppError(
      "DOCKER_NETWORK_UNFIT",
      `the network "${name}" is no bridge network with a range of its own`,
      {
        hint: "choose another name: --docker-network NAME",
      },
    );
  }
  return range;
}

/**
 * Makes the network of the machines in the first of the wanted ranges that no other network of the engine has.
 * @returns its range
 */
export async function makeNetwork(engine: Engine, name: string, wanted: string): Promise<string> {
  const ranges = wanted === "" ? defaultRanges : [wanted];
  let failure: unknown;
  for (const range of ranges) {
    try {
      await engine.call("POST", "/networks/create", {
        Name: name,
        CheckDuplicate: true,
        Driver: "bridge",
        IPAM: { Driver: "default", Config: [{ Subnet: range }] },
        Labels: { [label.owner]: "network" },
      });
      return range;
    } catch (error) {
      if (!(error instanceof EngineRefused) || !/overlap/i.test(error.message)) throw error;
      failure = error;
    }
  }
  throw new AppError(
    "DOCKER_NETWORK_OVERLAPS",
    `no free address range for the network "${name}": ${ranges.join(", ")}`,
    {
      hint: "name one that no network of the engine uses: --docker-network-cidr A.B.C.0/24",
      cause: failure,
    },
  );
}

/** The lowest address of the range that no machine on this network has, running or not. */
export async function freeAddress(engine: Engine, network: string, range: string): Promise<string> {
  const taken = new Set<string>();
  for (const container of await engine.withLabel(`${label.network}=${network}`)) {
    const endpoint = at(container, "NetworkSettings", "Networks", network);
    taken.add(textAt(endpoint, "IPAMConfig", "IPv4Address")).add(textAt(endpoint, "IPAddress"));
  }
  for (const address of await foreignAddresses(engine, network)) taken.add(address);
  const { first, prefix } = parseCidr(range);
  const size = 2 ** (32 - prefix);
  // the first address is the bridge's own; ten are left for what else a person attaches
  for (let offset = Math.min(10, size / 4); offset < size - 1; offset += 1) {
    const address = dotted(first + offset);
    if (!taken.has(address)) return address;
  }
  throw new AppError("DOCKER_NETWORK_FULL", `the network "${network}" (${range}) has no free address left`);
}

async function foreignAddresses(engine: Engine, network: string): Promise<string[]> {
  const containers = at(await engine.call("GET", `/networks/${network}`, undefined, [404]), "Containers");
  return Object.values(isJson(containers) ? containers : {}).map(
    (endpoint) => textAt(endpoint, "IPv4Address").split("/")[0] ?? "",
  );
}

/** Removes the network when it is ours and nothing is attached to it. */
export async function removeUnusedNetwork(engine: Engine, name: string): Promise<void> {
  const network = await engine.call("GET", `/networks/${name}`, undefined, [404]);
  if (textAt(network, "Labels", label.owner) !== "network") return;
  if ((await engine.withLabel(`${label.network}=${name}`)).length > 0) return;
  // 403: something that is no machine is attached to it
  await engine.call("DELETE", `/networks/${name}`, undefined, [403, 404]);
}
