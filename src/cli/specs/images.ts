import type { CommandSpec } from "../command.ts";

/** Commands for the images that machines and clusters are made from. */
export const imageSpecs: readonly CommandSpec[] = [
  {
    name: "image",
    group: "images",
    summary: "Build, list, fetch and remove the images that machines are made from",
    usage: "COMMAND",
    args: { min: 0 },
    completes: "nothing",
    flags: [],
    load: () => import("../commands/help.ts"),
    subcommands: [
      {
        name: "build",
        group: "images",
        summary: "Build images from Debian packages",
        usage: "[iso|container|swarm|etcd|all]...",
        details: [
          "On Debian and Ubuntu as root; elsewhere in a Debian container on your engine.",
          "Packages are kept, so that building again needs no network.",
        ],
        args: { min: 0 },
        reports: true,
        completes: "nothing",
        flags: [{ name: "force", type: "bool", summary: "build also what is up to date" }],
        load: async () => ({ run: (await import("../commands/image.ts")).build }),
      },
      {
        name: "ls",
        group: "images",
        summary: "List images, newest first",
        usage: "",
        args: { min: 0, max: 0 },
        completes: "nothing",
        flags: [
          { name: "quiet", short: "q", type: "bool", summary: "names alone" },
          { name: "json", type: "bool", summary: "a JSON array of all images" },
        ],
        load: async () => ({ run: (await import("../commands/image.ts")).list }),
      },
      {
        name: "pull",
        group: "images",
        summary: "Fetch an image from a URL or a file",
        usage: "URL|FILE",
        details: [
          "Without --sha256 the digest is remembered at the first time and must be the same ever after.",
        ],
        args: { min: 1, max: 1 },
        reports: true,
        completes: "files",
        flags: [
          {
            name: "sha256",
            type: "string",
            default: "",
            value: "DIGEST",
            summary: "the SHA-256 that it must have",
          },
        ],
        load: async () => ({ run: (await import("../commands/image.ts")).pull }),
      },
      {
        name: "rm",
        group: "images",
        summary: "Remove images from the cache; machines keep theirs",
        usage: "NAME...",
        args: { min: 1 },
        completes: "nothing",
        flags: [],
        load: async () => ({ run: (await import("../commands/image.ts")).remove }),
      },
    ],
  },
];
