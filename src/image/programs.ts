import { join } from "node:path";
import type { ProgramImage } from "./build-program.ts";
import { imageTags } from "./recipe.ts";

const seconds = 1_000_000_000;
const libc = ["libc.so.6", "libm.so.6", "libresolv.so.2", "libpthread.so.0", "libdl.so.2"] as const;
const loader = "usr/lib64/ld-linux-x86-64.so.2";

/** The swarm program with Node; run as the original image is: `docker run swarm create`. */
export function swarmImage(packageRoot: string, bundle: string): ProgramImage {
  return {
    name: "swarm",
    tag: imageTags.swarm(),
    packages: ["nodejs", "ca-certificates"],
    versionOf: "nodejs",
    files: [
      loader,
      "usr/bin/node",
      // Debian's node reads these parts of itself from files.
      ...["cjs-module-lexer/lexer.js", "cjs-module-lexer/dist/lexer.js", "undici/undici-fetch.js"].map(
        nodeFile,
      ),
      ...["acorn/dist/acorn.js", "acorn-walk/dist/walk.js", "minimatch/dist/cjs/index.bundle.js"].map(
        nodeFile,
      ),
    ],
    libraries: [
      ...libc,
      "libnode.so.115",
      "libuv.so.1",
      "libz.so.1",
      "libcares.so.2",
      "libnghttp2.so.14",
      "libzstd.so.1",
      "libbrotlidec.so.1",
      "libbrotlienc.so.1",
      "libbrotlicommon.so.1",
      "libcrypto.so.3",
      "libssl.so.3",
      "libicui18n.so.76",
      "libicuuc.so.76",
      "libicudata.so.76",
      "libstdc++.so.6",
      "libgcc_s.so.1",
    ],
    folders: { ".swarm": 0o1777, tmp: 0o1777 },
    links: { "usr/bin/swarm": "../../swarm" },
    overlays: [
      [join(packageRoot, "image/swarm"), ""],
      [bundle, "usr/lib/swarm"],
    ],
    config: {
      Entrypoint: ["/swarm"],
      Cmd: ["--help"],
      Env: [
        "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
        "SWARM_HOST=:2375",
        "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt",
        "NODE_ENV=production",
      ],
      ExposedPorts: { "2375/tcp": {} },
      Volumes: { "/.swarm": {} },
      StopSignal: "SIGTERM",
      Healthcheck: {
        Test: ["CMD", "/usr/bin/node", "/usr/lib/swarm-health.cjs"],
        Interval: 60 * seconds,
        Timeout: 20 * seconds,
        Retries: 3,
      },
    },
  };
}

const nodeFile = (name: string) => `usr/share/nodejs/${name}`;

/** etcd with etcdctl, for clusters that have several masters. */
export function etcdImage(packageRoot: string): ProgramImage {
  return {
    name: "etcd",
    tag: imageTags.etcd(),
    packages: ["etcd-server", "etcd-client", "ca-certificates"],
    versionOf: "etcd-server",
    files: [loader, "usr/bin/etcd", "usr/bin/etcdctl"],
    libraries: libc,
    folders: { "var/lib/etcd": 0o700, tmp: 0o1777 },
    links: {},
    overlays: [[join(packageRoot, "image/etcd"), ""]],
    config: {
      Entrypoint: ["/usr/bin/etcd"],
      Env: ["PATH=/usr/bin:/bin", "ETCD_DATA_DIR=/var/lib/etcd", "ETCDCTL_API=3"],
      WorkingDir: "/var/lib/etcd",
      ExposedPorts: { "2379/tcp": {}, "2380/tcp": {} },
      Volumes: { "/var/lib/etcd": {} },
      StopSignal: "SIGTERM",
    },
  };
}
