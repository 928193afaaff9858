import type { FakeImage, FakeNetwork, FakeVolume, Json } from "./objects.ts";

/** One entry of GET /images/json. */
export function imageSummary(image: FakeImage): Json {
  return {
    Containers: -1,
    Created: Math.floor(image.createdAt.getTime() / 1000),
    Id: image.id,
    Labels: null,
    ParentId: "",
    RepoDigests: [],
    RepoTags: image.tags,
    SharedSize: -1,
    Size: image.sizeBytes,
  };
}

export function networkSummary(network: FakeNetwork): Json {
  return {
    Name: network.name,
    Id: network.id,
    Created: network.createdAt.toISOString(),
    Scope: network.scope,
    Driver: network.driver,
    EnableIPv6: false,
    IPAM: { Driver: "default", Options: null, Config: network.subnet ? [{ Subnet: network.subnet }] : [] },
    Internal: false,
    Attachable: false,
    Ingress: false,
    ConfigFrom: { Network: "" },
    ConfigOnly: false,
    Containers: {},
    Options: network.options,
    Labels: network.labels,
  };
}

export function volumeSummary(volume: FakeVolume): Json {
  return {
    CreatedAt: volume.createdAt.toISOString(),
    Driver: volume.driver,
    Labels: volume.labels,
    Mountpoint: `/var/lib/docker/volumes/${volume.name}/_data`,
    Name: volume.name,
    Options: null,
    Scope: "local",
  };
}
