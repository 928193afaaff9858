// npm run build: bundles both programs into dist/. Rolldown's own command prints a line for each of 300 files.
import { rolldown } from "rolldown";
import config from "../rolldown.config.mjs";

const { output, ...input } = config;
const bundle = await rolldown(input);
const { output: files } = await bundle.write(output);
await bundle.close();
console.log(`bundled: ${files.filter(({ type }) => type === "chunk").length} files in ${output.dir}/`);
