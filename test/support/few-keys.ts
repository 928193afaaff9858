import type { RsaKey } from "../../src/certs/rsa-key.ts";

type KeyModule = typeof import("../../src/certs/rsa-key.ts");

/**
 * In the place of src/certs/rsa-key.ts: three keys, handed out in turn, as making one takes longer than most tests.
 * Not for tests that must tell one key from another. To be imported inside the factory of `vi.mock`.
 */
export async function fewKeys(load: () => Promise<unknown>): Promise<KeyModule> {
  const loaded = await load();
  const { newRsaKey } = loaded as KeyModule; // vi.mock's loader does not know what it loads
  const keys: Promise<RsaKey>[] = [];
  let next = 0;
  return {
    newRsaKey: () => {
      const at = next % 3;
      next += 1;
      keys[at] ??= newRsaKey();
      return keys[at];
    },
  };
}
