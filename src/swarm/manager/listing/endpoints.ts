import type { Cluster, ClusterContainer } from "../../cluster/cluster.ts";
import { isJson, numberAt, objectAt, textAt } from "../../scheduler/json.ts";
import type { Json } from "../../scheduler/model.ts";

interface Endpoint {
  readonly networkId: string;
  readonly body: Json;
}

/** Which containers are on which network, from the cache; engines do not tell that in their lists. */
export class Endpoints {
  readonly #known = new WeakMap<ClusterContainer, readonly Endpoint[]>();

  /** The `Containers` of every network by the network's id. */
  byNetwork(cluster: Cluster): Map<string, Record<string, Json>> {
    const networks = new Map<string, Record<string, Json>>();
    for (const container of cluster.containers()) {
      for (const { networkId, body } of this.#of(container)) {
        const containers = networks.get(networkId);
        if (containers) containers[container.id] = body;
        else networks.set(networkId, { [container.id]: body });
      }
    }
    return networks;
  }

  #of(container: ClusterContainer): readonly Endpoint[] {
    const known = this.#known.get(container);
    if (known) return known;
    const { summary } = container;
    const networks = Object.values(objectAt(objectAt(summary, "NetworkSettings"), "Networks")).filter(isJson);
    const name = (container.names[0] ?? "").replace(/^\//, "");
    const endpoints = networks
      .filter((network) => textAt(network, "EndpointID") !== "")
      .map((network) => ({ networkId: textAt(network, "NetworkID"), body: endpointBody(name, network) }));
    this.#known.set(container, endpoints);
    return endpoints;
  }
}

function endpointBody(name: string, network: Json): Json {
  const withPrefix = (address: string, length: string) =>
    textAt(network, address) === "" ? "" : `${textAt(network, address)}/${numberAt(network, length)}`;
  return {
    Name: name,
    EndpointID: textAt(network, "EndpointID"),
    MacAddress: textAt(network, "MacAddress"),
    IPv4Address: withPrefix("IPAddress", "IPPrefixLen"),
    IPv6Address: withPrefix("GlobalIPv6Address", "GlobalIPv6PrefixLen"),
  };
}
