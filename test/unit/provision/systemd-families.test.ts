import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { silentLog } from "../../../src/kit/log.ts";
import { newHostOptions } from "../../../src/machine/defaults.ts";
import { findProvisioner } from "../../../src/provision/detect.ts";
import { parseOsRelease } from "../../../src/provision/os-release.ts";
import { openStore } from "../../../src/store/file-store.ts";
import { instantClock } from "../../support/fake-clock.ts";
import { recordedSsh } from "../../support/recorded-ssh.ts";

const recordings = fileURLToPath(new URL("../../recordings/provision/", import.meta.url));
const systems = readdirSync(recordings, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

const familyOfSystem: Readonly<Record<string, string>> = {
  ...{ debian: "debian", raspbian: "debian", ubuntu: "ubuntu", linuxmint: "ubuntu" },
  ...{ rocky: "redhat", almalinux: "redhat", centos: "redhat", amzn: "redhat", fedora: "fedora" },
  ...{ "opensuse-leap": "suse", sles: "suse", arch: "arch", manjaro: "arch", boot2docker: "boot2docker" },
};

const osOf = (system: string) => parseOsRelease(readFileSync(`${recordings}${system}/os-release`, "utf8"));

/** What goes to the root shell of a host of this system that has no engine, in order. */
async function transcript(system: string): Promise<string[]> {
  const ssh = recordedSsh((_command, input) => ({
    stdout: input.includes("command -v dockerd ||") ? "/usr/bin/dockerd\n" : "changed\n",
  }));
  const clock = instantClock();
  const store = openStore("/s", { clock, log: silentLog });
  const os = osOf(system);
  const facts = { os, daemonJson: "", ownKeys: "", dockerdPath: "" };
  await findProvisioner(os)?.provision(
    {
      connection: ssh.connection,
      name: "dev",
      driverName: "generic",
      enginePort: 2376,
      engine: newHostOptions(store, "dev", {}).EngineOptions,
      certs: { ca: "CA", serverCert: "CERT", serverKey: "KEY" },
      engineTimeoutMs: 120_000,
      progress: () => undefined,
      log: silentLog,
      clock,
    },
    facts,
  );
  return ssh.calls.map(({ input }) => input);
}

describe("each system", () => {
  it.each(systems)("%s finds the provisioner of its family", (system) => {
    expect(findProvisioner(osOf(system))?.name).toBe(familyOfSystem[system]);
  });

  it.each(systems.filter((system) => system !== "boot2docker"))(
    "%s gets exactly the recorded script to install its engine, then one to configure it",
    async (system) => {
      const inputs = await transcript(system);
      const path = `${recordings}${system}/install.sh`;
      if (process.env["UPDATE_RECORDINGS"] === "1") writeFileSync(path, inputs[0] ?? "");
      expect(existsSync(path), `${path} is missing`).toBe(true);
      expect(inputs[0]).toBe(readFileSync(path, "utf8"));
      expect(inputs).toHaveLength(2);
      expect(inputs[1]).toContain("systemctl --no-block restart docker");
      expect(inputs[1]).toContain("10-machine.conf");
    },
  );
});
