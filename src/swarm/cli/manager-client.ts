import { readFile } from "node:fs/promises";
import { request as httpRequest, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import { join } from "node:path";
import { messageOf } from "../../kit/errors.ts";
import type { SwarmContext } from "./context.ts";
import { fatal } from "./fatal.ts";
import type { Flags } from "./flags.ts";
import { tlsSettings } from "./tls-settings.ts";

const timeoutMs = 30_000;

/** Asks a manager's API; @returns the body. @throws with the manager's own words for a status of 400 or more */
export type AskManager = (method: string, path: string) => Promise<string>;

/** Reaches the manager that --host, or DOCKER_HOST with its variables, names. */
export async function managerClient(context: SwarmContext, flags: Flags): Promise<AskManager> {
  const host = flags.text("host");
  const tls = (await tlsSettings(flags)) ?? (await dockerTls(context));
  const target = targetOf(host);
  return (method, path) =>
    new Promise((resolve, reject) => {
      const options: RequestOptions = {
        ...target,
        method,
        path,
        timeout: timeoutMs,
        ...(target.socketPath === undefined ? {} : { headers: { Host: "swarm" } }),
      };
      const request =
        tls === undefined || target.socketPath !== undefined
          ? httpRequest(options)
          : httpsRequest({ ...options, ...tls, rejectUnauthorized: tls.verify });
      request.on("timeout", () => request.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)));
      request.on("error", (error) =>
        reject(fatal(`Cannot reach the manager at ${host}: ${messageOf(error)}`)),
      );
      request.on("response", (response) => {
        let body = "";
        response.setEncoding("utf8");
        response.on("data", (part: string) => {
          body += part;
        });
        response.on("error", reject);
        response.on("end", () => {
          const status = response.statusCode ?? 0;
          if (status < 400) resolve(body);
          else reject(fatal(`The manager answered ${status}: ${errorText(body)}`));
        });
      });
      request.end();
    });
}

function targetOf(host: string): { socketPath?: string; host?: string; port?: string } {
  if (host.startsWith("unix://")) return { socketPath: host.slice("unix://".length) };
  const [, name = "", port = ""] = /^(?:tcp:\/\/)?(.+):([0-9]+)$/.exec(host) ?? [];
  if (port === "")
    throw fatal(`"${host}" is no manager's address`, "write it as tcp://host:port or unix://path");
  return { host: name.replace(/^\[|\]$/g, ""), port };
}

/** What `eval $(machine env --swarm …)` sets. */
async function dockerTls({ env }: SwarmContext) {
  const directory = env["DOCKER_CERT_PATH"];
  if (!directory || !env["DOCKER_TLS_VERIFY"]) return undefined;
  try {
    const [ca, cert, key] = await Promise.all(
      ["ca.pem", "cert.pem", "key.pem"].map((name) => readFile(join(directory, name), "utf8")),
    );
    return { ca, cert, key, verify: true };
  } catch (error) {
    throw fatal(`Cannot read the certificates in DOCKER_CERT_PATH: ${messageOf(error)}`);
  }
}

function errorText(body: string): string {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === "object" && parsed !== null && "message" in parsed) return String(parsed.message);
  } catch {
    // plain text, as old managers answer
  }
  return body.trim().slice(0, 500);
}
