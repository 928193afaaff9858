import type { NativeSshDeps } from "./native.ts";
import type { Ssh } from "./ssh.ts";

/** SSH as the programs use it; node-ssh is loaded at the first connection. */
export function openSsh(deps: NativeSshDeps): Ssh {
  return {
    connect: async (address, options) => {
      const { connectNative } = await import("./native.ts");
      return connectNative(deps, address, options);
    },
    shell: async (address, args, options) => {
      const { systemShell } = await import("./system.ts");
      return systemShell(deps, address, args, options);
    },
  };
}
