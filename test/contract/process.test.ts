import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { silentLog } from "../../src/kit/log.ts";
import { realRun } from "../../src/kit/process.ts";
import { tempDir } from "../support/temp-dir.ts";

const run = realRun(silentLog);

it("says that a program is not here, whether its name or its path is given", async () => {
  const missing = { code: "PROGRAM_NOT_FOUND", why: "notFound" };
  await expect(run("no-such-program", [])).rejects.toMatchObject(missing);
  await expect(run("/no/such/program", [])).rejects.toMatchObject(missing);
});

it("finds a program in the PATH of the call", async () => {
  await using dir = await tempDir();
  const file = join(dir.path, "hello");
  await writeFile(file, "#!/bin/sh\necho hello\n");
  await chmod(file, 0o755);
  await expect(run("hello", [])).rejects.toMatchObject({ why: "notFound" });
  expect(await run("hello", [], { env: { PATH: `${dir.path}:/bin` } })).toMatchObject({ stdout: "hello\n" });
});
