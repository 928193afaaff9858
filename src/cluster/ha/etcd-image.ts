import { AppError } from "../../kit/errors.ts";
import type { Machine } from "../../machine/machine.ts";
import type { SwarmEngine } from "../swarm-engine.ts";
import type { SwarmTools } from "../swarm-machine.ts";
import { etcdImage, registryEtcdImage } from "./etcd-body.ts";

/**
 * Brings an image of etcd to a machine: the one that was built on this computer, else that of a registry.
 * @returns its reference
 * @throws ETCD_IMAGE_MISSING
 */
export async function etcdImageOn(machine: Machine, engine: SwarmEngine, tools: SwarmTools): Promise<string> {
  const detail = (message: string) => machine.ctx.report({ type: "detail", machine: machine.name, message });
  for (const image of [etcdImage, registryEtcdImage]) if (await engine.hasImage(image)) return image;
  const path = await tools.localImage("etcd");
  if (path !== undefined) {
    detail("loading the etcd image");
    await engine.loadImage(path);
    return etcdImage;
  }
  try {
    detail(`pulling ${registryEtcdImage}`);
    await engine.pullImage(registryEtcdImage, detail);
    return registryEtcdImage;
  } catch (error) {
    throw new AppError(
      "ETCD_IMAGE_MISSING",
      `"${machine.name}" has no image of etcd, and it could not be had`,
      {
        hint: "machine image build etcd makes one that is loaded without a network",
        cause: error,
      },
    );
  }
}
