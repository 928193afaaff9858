import { isAppError } from "../kit/errors.ts";
import { ensureDirectory } from "../kit/fs.ts";
import { buildDirectory, type ImageEntry, imageDirectory, listImages } from "./cache.ts";
import type { ImageContext, ImageKind } from "./context.ts";
import { buildNeedsDebian } from "./errors.ts";
import { suite } from "./recipe.ts";

/** What the builder needs in a bare Debian, besides apt and dpkg. */
const builderPackages = [
  "nodejs",
  "ca-certificates",
  "squashfs-tools",
  "xorriso",
  "zstd",
  "xz-utils",
  "kmod",
];

const script = `set -e
apt-get update -q
apt-get install -q -y --no-install-recommends ${builderPackages.join(" ")}
node /machine/bin/machine.js image build "$@"
chown -R "$OWNER" /images /packages`;

/**
 * Builds images where there is no Debian: in a Debian container on the user's engine, by this very program.
 * Needs the `docker` command and an engine that can see this computer's folders (a local one, or Docker Desktop).
 */
export async function buildImagesInContainer(
  ctx: ImageContext,
  kinds: readonly ImageKind[],
  force: boolean,
): Promise<ImageEntry[]> {
  const images = imageDirectory(ctx);
  const packages = buildDirectory(ctx);
  await ensureDirectory(images);
  await ensureDirectory(packages);
  const owner = `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`;
  const passedOn = ["SOURCE_DATE_EPOCH", "http_proxy", "https_proxy", "no_proxy", "MACHINE_DEBIAN_MIRROR"];
  const variables = passedOn.flatMap((name) => (ctx.env[name] ? ["--env", name] : []));
  ctx.progress("building in a Debian container on your engine");
  try {
    await ctx.run(
      "docker",
      [
        "run",
        "--rm",
        "--platform",
        "linux/amd64",
        "--env",
        `OWNER=${owner}`,
        ...variables,
        "--env",
        "MACHINE_IMAGE_CACHE=/images",
        "--env",
        "MACHINE_BUILD_CACHE=/packages",
        "--env",
        "DEBIAN_FRONTEND=noninteractive",
        "--volume",
        `${ctx.packageRoot}:/machine:ro`,
        "--volume",
        `${images}:/images`,
        "--volume",
        `${packages}:/packages`,
        `debian:${suite}-slim`,
        "sh",
        "-c",
        script,
        "sh",
        ...(force ? ["--force"] : []),
        ...kinds,
      ],
      {
        timeoutMs: 3_600_000,
        env: ctx.env,
        onLine: (line) => ctx.progress(line),
        ...(ctx.signal === undefined ? {} : { signal: ctx.signal }),
      },
    );
  } catch (error) {
    if (isAppError(error, "PROGRAM_NOT_FOUND")) throw buildNeedsDebian(error);
    throw error;
  }
  return (await listImages(ctx)).filter((entry) => entry.origin === "built" && kinds.includes(entry.kind));
}

/** True on Debian, Ubuntu and what derives from them: where apt and dpkg are at home. */
export function isDebianLike(osRelease: string | undefined): boolean {
  return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(osRelease ?? "");
}
