import { readFile } from "node:fs/promises";
import { listen } from "../../discovery/service/listen.ts";
import { createDiscoveryService } from "../../discovery/service/service.ts";
import { durationFlag } from "../checks.ts";
import type { RunCommand } from "../context.ts";
import { openFailure } from "../discovery-settings.ts";
import { fatal } from "../fatal.ts";
import { tlsSettings } from "../tls-settings.ts";

/** Runs the token service until the program is told to stop. */
export const run: RunCommand = async (context, flags) => {
  const { clock, log, signal } = context;
  const tls = await tlsSettings(flags);
  const ttlMs = durationFlag(flags, "ttl");
  if (ttlMs < 1_000) throw fatal("--ttl should be at least one second");
  const bearerToken = await tokenFrom(flags.text("auth-token-file"));
  const service = await createDiscoveryService({
    dir: flags.text("dir"),
    defaultTtlSeconds: Math.floor(ttlMs / 1000),
    requireClientCertFor: tls?.verify === true ? "everything" : "nothing",
    ...(bearerToken === undefined ? {} : { bearerToken }),
    clock,
    log,
  });
  try {
    const server = await listen(
      flags.text("host"),
      (request, response) => {
        if (service.handle(request, response)) return;
        request.resume();
        const isPing = request.url === "/_ping";
        response.writeHead(isPing ? 200 : 404, { "Content-Type": "text/plain" });
        response.end(isPing ? "OK" : "no such page\n");
      },
      tls,
    );
    log.info("Listening for HTTP", { addr: server.address, proto: "tcp" });
    if (tls === undefined && bearerToken === undefined) {
      log.warn("Whoever reaches this address may change clusters: use --tlsverify or --auth-token-file");
    }
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener("abort", () => resolve(), { once: true });
    });
    await server.close();
  } finally {
    await service.close();
  }
  return 0;
};

async function tokenFrom(path: string): Promise<string | undefined> {
  if (path === "") return undefined;
  let text: string;
  try {
    text = (await readFile(path, "utf8")).trim();
  } catch (error) {
    throw fatal(`Couldn't read the token: ${openFailure(path, error)}`);
  }
  if (!/^\S{16,}$/.test(text))
    throw fatal(`the token in ${path} is shorter than 16 characters or has blanks in it`);
  return text;
}
