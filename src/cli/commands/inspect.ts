import { printGoJson } from "../../store/go-json.ts";
import { mergeRecord } from "../../store/merge.ts";
import type { CommandModule } from "../command.ts";
import { machineName } from "../names.ts";

/** The record as config.json has it; nothing is asked of the host. */
export const run: CommandModule["run"] = async (ctx, args, flags) => {
  const { store } = await ctx.machines();
  const record = await store.get(await machineName(store, args));
  const text = printGoJson(mergeRecord(undefined, record));
  const format = flags.string("format");
  if (flags.bool("json") || format === "json") {
    ctx.io.out(`${JSON.stringify(JSON.parse(text))}\n`);
  } else if (format === "") {
    ctx.io.out(`${text}\n`);
  } else {
    const { parseTemplate } = await import("../../template/template.ts");
    const template = parseTemplate(format);
    ctx.io.out(`${template.execute(JSON.parse(text))}\n`);
  }
  return 0;
};
