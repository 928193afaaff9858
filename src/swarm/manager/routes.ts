import { build, buildKit, cancelBuild, session } from "./handlers/build.ts";
import { listContainers } from "./handlers/container-list.ts";
import * as containers from "./handlers/containers.ts";
import { debug, debugIndex } from "./handlers/debug.ts";
import { diskUsage } from "./handlers/disk-usage.ts";
import { events } from "./handlers/events.ts";
import { listImages } from "./handlers/image-list.ts";
import { createImage, loadImages } from "./handlers/image-streams.ts";
import * as images from "./handlers/images.ts";
import * as networks from "./handlers/networks.ts";
import * as nodes from "./handlers/nodes.ts";
import { noSwarmMode, notSupported, proxyToAny } from "./handlers/one-node.ts";
import { prune } from "./handlers/prune.ts";
import * as system from "./handlers/system.ts";
import * as volumes from "./handlers/volumes.ts";
import type { Route } from "./route.ts";

const get = ["GET"] as const;
const read = ["GET", "HEAD"] as const;
const post = ["POST"] as const;
const remove = ["DELETE"] as const;
const any = ["GET", "HEAD", "POST", "PUT", "DELETE"] as const;

/** Every route, in the order in which they are tried; names of images and of nodes' things contain slashes. */
export const routes: readonly Route[] = [
  { methods: read, pattern: "/_ping", handle: system.ping, isLocal: true },
  { methods: read, pattern: "/info", handle: system.info, isLocal: true },
  { methods: get, pattern: "/version", handle: system.version },
  { methods: read, pattern: "/health", handle: system.health, isLocal: true },
  { methods: get, pattern: "/metrics", handle: system.metrics, isLocal: true },
  { methods: get, pattern: "/debug/pprof/?", handle: debugIndex, isLocal: true },
  { methods: get, pattern: "/debug/pprof/{}", handle: debug, isLocal: true },
  { methods: get, pattern: "/events", handle: events },
  { methods: get, pattern: "/system/df", handle: diskUsage },
  { methods: post, pattern: "/auth", handle: proxyToAny },
  { methods: get, pattern: "/distribution/{*}/json", handle: proxyToAny },

  { methods: get, pattern: "/swarm-nodes", handle: nodes.listNodes },
  { methods: get, pattern: "/swarm-nodes/{*}", handle: nodes.inspectNode },
  { methods: post, pattern: "/swarm-nodes/{*}/drain", handle: nodes.drainNode },
  { methods: post, pattern: "/swarm-nodes/{*}/activate", handle: nodes.activateNode },

  { methods: get, pattern: "/images/json", handle: listImages },
  { methods: get, pattern: "/images/search", handle: proxyToAny },
  { methods: get, pattern: "/images/viz", handle: notSupported },
  { methods: get, pattern: "/images/get", handle: images.saveImages },
  { methods: get, pattern: "/images/{*}/get", handle: images.proxyImage },
  { methods: get, pattern: "/images/{*}/json", handle: images.proxyImage },
  { methods: get, pattern: "/images/{*}/history", handle: images.proxyImage },
  { methods: post, pattern: "/images/create", handle: createImage },
  { methods: post, pattern: "/images/load", handle: loadImages },
  { methods: post, pattern: "/images/prune", handle: prune },
  { methods: post, pattern: "/images/{*}/push", handle: images.proxyImage },
  { methods: post, pattern: "/images/{*}/tag", handle: images.tagImage },
  { methods: remove, pattern: "/images/{*}", handle: images.removeImage },

  { methods: post, pattern: "/build", handle: build },
  { methods: post, pattern: "/build/cancel", handle: cancelBuild },
  { methods: post, pattern: "/build/prune", handle: prune },
  { methods: post, pattern: "/session", handle: session, isHijack: true },
  { methods: post, pattern: "/grpc", handle: buildKit, isHijack: true },
  { methods: post, pattern: "/commit", handle: images.commitContainer },

  { methods: read, pattern: "/containers/(?:json|ps)", handle: listContainers },
  { methods: post, pattern: "/containers/create", handle: containers.createContainer },
  { methods: post, pattern: "/containers/prune", handle: prune },
  { methods: get, pattern: "/containers/{*}/json", handle: containers.inspectContainer },
  {
    methods: get,
    pattern: "/containers/{*}/(?:top|logs|stats|changes|export)",
    handle: containers.proxyContainer,
  },
  { methods: ["GET", "HEAD", "PUT"], pattern: "/containers/{*}/archive", handle: containers.proxyContainer },
  { methods: post, pattern: "/containers/{*}/(?:resize|copy)", handle: containers.proxyContainer },
  {
    methods: post,
    pattern: "/containers/{*}/(?:kill|pause|unpause|restart|stop|update)",
    handle: containers.proxyChange,
  },
  { methods: post, pattern: "/containers/{*}/wait", handle: containers.waitContainer },
  { methods: post, pattern: "/containers/{*}/start", handle: containers.startContainer },
  { methods: post, pattern: "/containers/{*}/rename", handle: containers.renameContainer },
  { methods: post, pattern: "/containers/{*}/exec", handle: containers.createExec },
  { methods: post, pattern: "/containers/{*}/attach", handle: containers.attachContainer, isHijack: true },
  { methods: get, pattern: "/containers/{*}/attach/ws", handle: containers.attachContainer, isHijack: true },
  { methods: get, pattern: "/containers/{*}/checkpoints", handle: containers.proxyContainer },
  { methods: remove, pattern: "/containers/{*}", handle: containers.removeContainer },
  { methods: post, pattern: "/exec/{}/start", handle: containers.startExec, isHijack: true },
  { methods: post, pattern: "/exec/{}/resize", handle: containers.proxyExec },
  { methods: get, pattern: "/exec/{}/json", handle: containers.proxyExec },

  { methods: get, pattern: "/networks", handle: networks.listNetworks },
  { methods: post, pattern: "/networks/create", handle: networks.createNetwork },
  { methods: post, pattern: "/networks/prune", handle: prune },
  { methods: post, pattern: "/networks/{*}/(?:connect|disconnect)", handle: networks.changeNetwork },
  { methods: get, pattern: "/networks/{*}", handle: networks.inspectNetwork },
  { methods: remove, pattern: "/networks/{*}", handle: networks.removeNetwork },

  { methods: get, pattern: "/volumes", handle: volumes.listVolumes },
  { methods: post, pattern: "/volumes/create", handle: volumes.createVolume },
  { methods: post, pattern: "/volumes/prune", handle: prune },
  { methods: get, pattern: "/volumes/{*}", handle: volumes.inspectVolume },
  { methods: remove, pattern: "/volumes/{*}", handle: volumes.removeVolume },

  { methods: any, pattern: "/plugins(?:/.*)?", handle: notSupported },
  { methods: any, pattern: "/(?:swarm|services|nodes|tasks|secrets|configs)(?:/.*)?", handle: noSwarmMode },
];
