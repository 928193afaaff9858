import { AppError } from "../../../kit/errors.ts";
import type { OpenDiscovery } from "../discovery.ts";
import { checkEntries } from "../entries.ts";
import { expandRange } from "../ranges.ts";

export const cannotRegister = () =>
  new AppError("CANNOT_REGISTER", "not implemented in this discovery service", {
    hint: "write the engine's address into the list that the manager reads",
  });

/** `nodes://a:1,b:[2:4]`: the members are in the URL. */
export const open: OpenDiscovery = async (rest) => {
  const entries = checkEntries(rest.split(",").flatMap((part) => expandRange(part.trim())));
  return {
    register: async () => {
      throw cannotRegister();
    },
    watch(onEntries, _onError, signal) {
      queueMicrotask(() => {
        if (!signal.aborted) onEntries(entries);
      });
    },
    close: async () => undefined,
  };
};
