// Writes docs/compat.md: npx tsx test/compat/write.ts
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { compatDocument } from "./document.ts";
import { compatRows } from "./rows.ts";

writeFileSync(join(import.meta.dirname, "../../docs/compat.md"), compatDocument(compatRows));
