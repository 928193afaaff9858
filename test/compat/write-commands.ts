// Writes docs/commands.md from the commands' own help: npx tsx test/compat/write-commands.ts
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { commandsDocument } from "./commands-document.ts";

writeFileSync(join(import.meta.dirname, "../../docs/commands.md"), await commandsDocument());
