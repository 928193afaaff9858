import type { ClusterContainer } from "./cluster.ts";

const removeTimeoutMs = 60_000;

export async function removeFromEngine(
  container: ClusterContainer,
  options: { force: boolean; volumes: boolean; apiVersion: string },
): Promise<void> {
  const { client } = container.node;
  const query = `force=${options.force ? 1 : 0}&v=${options.volumes ? 1 : 0}`;
  await client.read({
    method: "DELETE",
    path: `/containers/${container.id}?${query}`,
    apiVersion: client.nearestApiVersion(options.apiVersion),
    timeoutMs: removeTimeoutMs,
  });
}

export async function renameOnEngine(container: ClusterContainer, name: string): Promise<void> {
  const path = `/containers/${container.id}/rename?name=${encodeURIComponent(name)}`;
  await container.node.client.read({ method: "POST", path });
}
