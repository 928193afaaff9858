import { expect, test } from "vitest";
import { buildImagesInContainer } from "../../../src/image/build-elsewhere.ts";
import { imageContext } from "../../support/image-context.ts";
import { scriptedRun } from "../../support/scripted-run.ts";
import { tempDir } from "../../support/temp-dir.ts";

test("where there is no Debian, a Debian container builds with this program and these folders", async () => {
  await using dir = await tempDir();
  const run = scriptedRun([
    {
      command: new RegExp(
        `^docker run --rm --platform linux/amd64 .*--env SOURCE_DATE_EPOCH .*--volume /program:/machine:ro ` +
          `--volume ${dir.path}/cache/images:/images --volume ${dir.path}/cache/build:/packages ` +
          `debian:trixie-slim sh -c .* sh --force iso swarm$`,
        "s",
      ),
      stdout: "unpacking 128 packages\n",
    },
  ]);
  const { context, shown } = imageContext(dir.path, {
    run,
    platform: "darwin",
    packageRoot: "/program",
    env: { SOURCE_DATE_EPOCH: "1700000000" },
  });
  expect(await buildImagesInContainer(context, ["iso", "swarm"], true)).toEqual([]);
  expect(shown).toContain("unpacking 128 packages");
  run.done();
});

test("without the docker command the error says what would help", async () => {
  await using dir = await tempDir();
  const { context } = imageContext(dir.path, { run: scriptedRun([{ command: /^docker /, notFound: true }]) });
  await expect(buildImagesInContainer(context, ["iso"], false)).rejects.toMatchObject({
    code: "IMAGE_BUILD_NEEDS_DEBIAN",
  });
});
