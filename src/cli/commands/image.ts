import type { ImageEntry } from "../../image/cache.ts";
import type { ImageContext, ImageKind } from "../../image/context.ts";
import { isAppError, usageError } from "../../kit/errors.ts";
import type { CommandContext, CommandModule } from "../command.ts";
import { table } from "../output.ts";
import { packageRoot } from "../real-seams.ts";

/** `image build|ls|rm|pull`: the first word of `args` says which; the specs load one function each. */
export const build: CommandModule["run"] = async (ctx, args, flags) => {
  const { buildImages } = await import("../../image/build.ts");
  const { imageKinds, isImageKind } = await import("../../image/context.ts");
  const kinds = new Set<ImageKind>();
  for (const word of args.length === 0 ? ["all"] : args) {
    if (word === "all") for (const kind of imageKinds) kinds.add(kind);
    else if (isImageKind(word)) kinds.add(word);
    else throw usageError(`no image is called "${word}"`, `choose from ${imageKinds.join(", ")} or all`);
  }
  const entries = await buildImages(await imageContextOf(ctx), [...kinds], { force: flags.bool("force") });
  await ctx.progress.end();
  for (const entry of entries) ctx.io.out(`${entry.name}\n`);
  if (kinds.has("swarm")) await loadSwarm(ctx);
  return 0;
};

/** So that `docker run swarm …` works on the user's engine too, before there is any machine. */
async function loadSwarm(ctx: CommandContext): Promise<void> {
  const { imagePath, newestImage } = await import("../../image/cache.ts");
  const [context, { engine }] = await Promise.all([imageContextOf(ctx), ctx.machines()]);
  const entry = await newestImage(context, "swarm");
  if (entry === undefined) return;
  try {
    await engine.load(imagePath(context, entry));
    ctx.io.err("the engine has the image swarm:latest\n");
  } catch (error) {
    // images are also built where no engine runs
    if (!isAppError(error, "ENGINE_UNREACHABLE")) throw error;
  }
}

export const list: CommandModule["run"] = async (ctx, _args, flags) => {
  const { listImages } = await import("../../image/cache.ts");
  const entries = await listImages(await imageContextOf(ctx));
  if (flags.bool("json")) ctx.io.out(`${JSON.stringify(entries)}\n`);
  else if (flags.bool("quiet")) ctx.io.out(entries.map(({ name }) => `${name}\n`).join(""));
  else ctx.io.out(table(["NAME", "KIND", "VERSION", "SIZE", "CREATED", "ORIGIN"], entries.map(row)));
  return 0;
};

export const remove: CommandModule["run"] = async (ctx, args) => {
  const { removeImage } = await import("../../image/cache.ts");
  for (const name of args) ctx.io.out(`${(await removeImage(await imageContextOf(ctx), name)).name}\n`);
  return 0;
};

export const pull: CommandModule["run"] = async (ctx, args, flags) => {
  const { pullImage } = await import("../../image/pull.ts");
  const [source = ""] = args;
  const sha256 = flags.string("sha256");
  if (sha256 !== "" && !/^(sha256:)?[0-9a-f]{64}$/i.test(sha256)) {
    throw usageError("--sha256 takes 64 hexadecimal digits");
  }
  const { entry, verification } = await pullImage(
    await imageContextOf(ctx),
    source,
    sha256 === "" ? {} : { sha256 },
  );
  await ctx.progress.end();
  ctx.io.err(
    verification === "not verified"
      ? `not verified: its SHA-256 is ${entry.sha256}; nothing else is taken from there from now on\n`
      : `verified: its SHA-256 is ${entry.sha256}, as ${verification === "given" ? "given" : "when it was first fetched"}\n`,
  );
  ctx.io.out(`${entry.name}\n`);
  return 0;
};

async function imageContextOf(ctx: CommandContext): Promise<ImageContext> {
  const { run, log, env, platform, store, signal } = await ctx.machines();
  return {
    run,
    log,
    env,
    platform,
    storeRoot: store.root,
    packageRoot: packageRoot(),
    ...(signal === undefined ? {} : { signal }),
    progress: (message, fraction) =>
      ctx.progress.report(
        fraction === undefined
          ? { type: "info", message }
          : { type: "detail", machine: "image", message, fraction },
      ),
  };
}

function row(entry: ImageEntry): string[] {
  return [
    entry.name,
    entry.kind,
    entry.version,
    `${Math.round(entry.sizeBytes / 2 ** 20)} MiB`,
    entry.createdAt.slice(0, 16).replace("T", " "),
    entry.origin,
  ];
}
