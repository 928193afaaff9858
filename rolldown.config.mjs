import { execFileSync } from "node:child_process";
import { createRequire, isBuiltin } from "node:module";
import { defineConfig } from "rolldown";

/** CommonJS with code splitting: one chunk for each command, driver and backend, so that start-up pays for one. */
export default defineConfig({
  input: { machine: "src/cli/main.ts", swarm: "src/swarm/cli/main.ts" },
  platform: "node",
  preserveEntrySignatures: false,
  logLevel: "warn",
  external: (id, importer = "") =>
    !isUnused(id, importer) && (/^node:|\.node$/.test(id) || id === "cpu-features" || isBuiltin(id)),
  plugins: [leaveOut(), inlineEtcdProtocol(), keepEntriesApart()],
  transform: { define: { BUILD_COMMIT: JSON.stringify(commit()) } },
  output: {
    dir: "dist",
    format: "cjs",
    entryFileNames: "[name].cjs",
    chunkFileNames: "chunks/[name]-[hash].cjs",
    sourcemap: true,
    cleanDir: true,
    codeSplitting: codeSplitting(),
    minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } },
  },
});

/**
 * What every command that opens the store loads, in two files: opening and compiling each costs half a millisecond.
 * `swarm` loads the second one, so nothing of it may stand beside what only `machine` has.
 */
function codeSplitting() {
  const store = /src[\\/](store[\\/]|cli[\\/]context|driver[\\/]name)/;
  const kit = /src[\\/]kit[\\/](fs|lock|process)/;
  return {
    includeDependenciesRecursively: false,
    groups: [
      { name: "store", test: store },
      { name: "kit", test: kit },
    ],
  };
}

/**
 * Modules that packages load at once and that this program never comes to. Their place takes a stub that says so when
 * it is used after all:
 * - commander starts executables as sub-commands (node:child_process brings the network modules: 3 ms of start-up);
 * - dockerode speaks gRPC to BuildKit for `docker build`.
 */
function leaveOut() {
  const prefix = "\0left-out:";
  return {
    name: "leave-out",
    resolveId(source, importer = "") {
      return isUnused(source, importer) ? `${prefix}${source}` : undefined;
    },
    load(id) {
      if (!id.startsWith(prefix)) return undefined;
      const name = JSON.stringify(id.slice(prefix.length));
      return `module.exports = new Proxy({}, {
        get(_, key) {
          if (key === "__esModule" || typeof key === "symbol") return undefined;
          return function leftOut() {
            throw new Error("this program is built without " + ${name} + " (" + key + ")");
          };
        },
      });`;
    },
  };
}

/** etcd3 reads its protocol's description from a file beside it when it is loaded; a bundle has no such file. */
function inlineEtcdProtocol() {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: text of that file, not a template of ours
  const reading = "loadSync)(`${__dirname}/../proto/rpc.proto`";
  return {
    name: "inline-etcd-protocol",
    transform(code, id) {
      if (!/[\\/]etcd3[\\/]lib[\\/]connection-pool\.js$/.test(id)) return undefined;
      if (!code.includes(reading)) throw new Error("etcd3 loads its protocol in another way than was known");
      const fromEtcd3 = createRequire(id);
      const { Root } = createRequire(fromEtcd3.resolve("@grpc/proto-loader"))("protobufjs");
      const file = fromEtcd3.resolve("../proto/rpc.proto");
      const description = new Root().loadSync(file, { keepCase: true }).toJSON();
      return { code: code.replace(reading, () => `fromJSON)(${JSON.stringify(description)}`), map: null };
    },
  };
}

/** Loading a program runs it: no chunk that one of the two can come to may load the other. */
function keepEntriesApart() {
  return {
    name: "keep-entries-apart",
    generateBundle(_options, bundle) {
      for (const [name, chunk] of Object.entries(bundle)) {
        if (chunk.isEntry) walk(bundle, name, new Set());
      }
    },
  };
}

function walk(bundle, name, seen) {
  const chunk = bundle[name];
  if (chunk?.type !== "chunk" || seen.has(name)) return;
  if (chunk.isEntry && seen.size > 0) throw new Error(`${[...seen][0]} would run ${name} too`);
  seen.add(name);
  for (const next of [...chunk.imports, ...chunk.dynamicImports]) walk(bundle, next, seen);
}

function isUnused(source, importer) {
  const unused = [
    { module: /^(node:)?child_process$/, from: /[\\/]commander[\\/]/ },
    { module: /^(@grpc\/|protobufjs)/, from: /[\\/](dockerode|docker-modem)[\\/]/ },
    { module: /^ssh2$/, from: /[\\/]docker-modem[\\/]/ },
  ];
  return unused.some(({ module, from }) => module.test(source) && from.test(importer));
}

/** The commit that is built, for `--version`; "unknown" outside a clone. */
function commit() {
  try {
    const options = { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] };
    return execFileSync("git", ["rev-parse", "--short=7", "HEAD"], options).trim();
  } catch {
    return "unknown";
  }
}
