import type { CliFlag, CommandSpec } from "../command.ts";
import { envFlags } from "./use.ts";

const cluster = () => import("../commands/cluster.ts");

/** Flags of `create` that `cluster create` decides by itself. */
const decided = new Set(["swarm", "swarm-master", "swarm-name"]);
const undecided: CommandSpec["extraFlags"] = async (ctx, words) => {
  const { createFlags } = await import("../create-flags.ts");
  return (await createFlags(ctx, words)).filter(({ name }) => !decided.has(name));
};

/** The same for a cluster that is there, whose driver is known. */
const further: CommandSpec["extraFlags"] = async (ctx, words) => {
  const { furtherFlagSpecs } = await import("../make-cluster.ts");
  return (await furtherFlagSpecs(ctx, words)).filter(({ name }) => !decided.has(name));
};

const yesFlags: readonly CliFlag[] = [
  { name: "yes", short: "y", type: "bool", summary: "do not ask" },
  { name: "force", short: "f", type: "bool", summary: "remove also what cannot be reached, without asking" },
];

const composeFileFlag: CliFlag = {
  name: "file",
  short: "f",
  type: "list",
  value: "FILE",
  summary: "compose file (compose.yaml here, when left out)",
};

/** `machine cluster …`, and what a compose file asks for. */
export const clusterSpecs: readonly CommandSpec[] = [
  {
    name: "cluster",
    group: "clusters",
    summary: "Make, list, grow and remove Swarm clusters as one thing",
    usage: "COMMAND",
    args: { min: 0 },
    completes: "nothing",
    flags: [],
    load: () => import("../commands/help.ts"),
    subcommands: [
      {
        name: "create",
        group: "clusters",
        summary: "Make a cluster: masters and nodes side by side",
        usage: "NAME",
        details: ["Interrupted, the same command goes on where it was."],
        args: { min: 1, max: 1 },
        reports: true,
        completes: "nothing",
        flags: [
          {
            name: "masters",
            type: "int",
            default: 1,
            summary: "how many machines run a manager; 3 bear the loss of one",
          },
          { name: "nodes", type: "int", default: 2, summary: "how many further machines" },
        ],
        extraFlags: undecided,
        load: async () => ({ run: (await cluster()).create }),
      },
      {
        name: "ls",
        group: "clusters",
        summary: "List clusters with their state",
        usage: "",
        args: { min: 0, max: 0 },
        completes: "nothing",
        flags: [
          { name: "quiet", short: "q", type: "bool", summary: "names alone" },
          { name: "json", type: "bool", summary: "a JSON array of all clusters" },
        ],
        load: async () => ({ run: (await cluster()).list }),
      },
      {
        name: "env",
        group: "clusters",
        summary: "Print the commands that point a shell's docker to a cluster",
        usage: "NAME",
        details: ['As `machine env --swarm`; for example: eval "$(machine cluster env NAME)"'],
        args: { min: 1, max: 1 },
        completes: "nothing",
        flags: envFlags,
        failureOutput: async (io, words) => (await import("../commands/env.ts")).failureLine(io, words),
        load: async () => ({ run: (await cluster()).env }),
      },
      {
        name: "inspect",
        group: "clusters",
        summary: "Show one cluster as JSON",
        usage: "NAME",
        args: { min: 1, max: 1 },
        completes: "nothing",
        flags: [],
        load: async () => ({ run: (await cluster()).inspect }),
      },
      {
        name: "scale",
        group: "clusters",
        summary: "Make or remove nodes until there are as many as asked",
        usage: "NAME",
        details: [
          "New nodes get the flags that the cluster was made with; those that are given here go before them.",
        ],
        args: { min: 1, max: 1 },
        reports: true,
        completes: "nothing",
        flags: [{ name: "nodes", type: "int", default: 0, summary: "how many nodes the cluster is to have" }],
        extraFlags: further,
        load: async () => ({ run: (await cluster()).scale }),
      },
      {
        name: "join",
        group: "clusters",
        summary: "Make running machines nodes of a cluster; their own containers go on running",
        usage: "CLUSTER MACHINE...",
        args: { min: 2 },
        reports: true,
        completes: "machines",
        flags: [{ name: "master", type: "bool", summary: "make them masters" }],
        load: async () => ({ run: (await cluster()).join }),
      },
      {
        name: "promote",
        group: "clusters",
        summary: "Make nodes masters; with the first, the masters get an etcd of their own",
        usage: "MACHINE...",
        args: { min: 1 },
        reports: true,
        completes: "machines",
        flags: [],
        load: async () => ({ run: (await cluster()).promote }),
      },
      {
        name: "demote",
        group: "clusters",
        summary: "Make masters nodes again",
        usage: "MACHINE...",
        args: { min: 1 },
        reports: true,
        completes: "machines",
        flags: [],
        load: async () => ({ run: (await cluster()).demote }),
      },
      {
        name: "repair",
        group: "clusters",
        summary: "Start machines that are off, make lost ones anew, and tell all who the masters are",
        usage: "NAME",
        details: [
          "Lost machines are made with the flags that the cluster was made with, and those that are given here.",
        ],
        args: { min: 1, max: 1 },
        reports: true,
        completes: "nothing",
        flags: [],
        extraFlags: further,
        load: async () => ({ run: (await cluster()).repair }),
      },
      {
        name: "leave",
        group: "clusters",
        summary: "Take machines out of their cluster; they stay",
        usage: "MACHINE...",
        args: { min: 1 },
        reports: true,
        completes: "machines",
        flags: [],
        load: async () => ({ run: (await cluster()).leave }),
      },
      {
        name: "rm",
        group: "clusters",
        summary: "Remove a cluster and the machines that were made for it",
        usage: "NAME...",
        args: { min: 1 },
        reports: true,
        completes: "nothing",
        flags: yesFlags,
        load: async () => ({ run: (await cluster()).remove }),
      },
    ],
  },
  {
    name: "up",
    group: "clusters",
    summary: "Make the machines that a compose file asks for, then its services on them",
    usage: "",
    details: ["The file says under x-machine which clusters and machines; docs/compose.md shows how."],
    args: { min: 0, max: 0 },
    reports: true,
    completes: "nothing",
    flags: [
      composeFileFlag,
      { name: "yes", short: "y", type: "bool", summary: "do not ask" },
      { name: "machines-only", type: "bool", summary: "leave the services alone" },
    ],
    load: () => import("../commands/up.ts"),
  },
  {
    name: "down",
    group: "clusters",
    summary: "Remove the services of a compose file, and the machines that up made for it",
    usage: "",
    args: { min: 0, max: 0 },
    reports: true,
    completes: "nothing",
    flags: [
      composeFileFlag,
      { name: "yes", short: "y", type: "bool", summary: "do not ask" },
      { name: "keep-machines", type: "bool", summary: "remove the services alone" },
    ],
    load: () => import("../commands/down.ts"),
  },
];
