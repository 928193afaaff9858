import { AppError } from "../kit/errors.ts";

export const noMasterToJoin = () =>
  new AppError("SWARM_NO_MASTER", "there is no Swarm master in the store that a node could join", {
    hint: "make one first: machine create --swarm --swarm-master NAME; or name a discovery: --swarm-discovery URL",
  });

export const severalClusters = (names: readonly string[]) =>
  new AppError("SWARM_SEVERAL_CLUSTERS", `there are several clusters: ${names.join(", ")}`, {
    hint: "say which: --swarm-name NAME",
  });

export const clusterNotFound = (name: string, names: readonly string[]) =>
  new AppError("CLUSTER_NOT_FOUND", `no cluster is named "${name}"`, {
    hint: names.length === 0 ? "machine cluster create NAME makes one" : `there are: ${names.join(", ")}`,
  });

export const clusterNameTaken = (name: string) =>
  new AppError("CLUSTER_NAME_TAKEN", `a cluster named "${name}" exists already`, {
    hint: "choose another name; machine cluster ls shows those that are taken",
  });

export const otherMasters = (name: string, count: number) =>
  new AppError("CLUSTER_NAME_TAKEN", `the cluster "${name}" exists, with --masters ${count}`, {
    hint: "machine cluster promote and demote change its masters; another cluster needs another name",
  });

export const notSwarmMaster = (name: string) =>
  new AppError("NOT_SWARM_MASTER", `"${name}" is neither a Swarm master nor a cluster`, {
    hint: "--swarm is for the machine that runs the manager, or for a cluster's name; machine ls shows them",
  });

export const swarmImageMissing = (image: string, cause?: unknown) =>
  new AppError("SWARM_IMAGE_MISSING", `the machine has no image "${image}", and it could not be had`, {
    hint: "machine image build swarm makes one that is loaded without a network",
    cause,
  });

export const machineNotOfCluster = (machine: string, cluster: string) =>
  new AppError(
    "MACHINE_NOT_OF_CLUSTER",
    `a machine named "${machine}" exists and is not of the cluster "${cluster}"`,
    {
      hint: `choose another cluster name, or remove it: machine rm ${machine}`,
    },
  );

export const alreadyInCluster = (machine: string, cluster: string) =>
  new AppError("ALREADY_IN_CLUSTER", `"${machine}" is in the cluster "${cluster}" already`, {
    hint: `machine cluster leave ${machine} takes it out`,
  });

export const notInCluster = (machine: string) =>
  new AppError("NOT_IN_CLUSTER", `"${machine}" is in no cluster`);

export const lastMaster = (machine: string, cluster: string) =>
  new AppError(
    "LAST_MASTER",
    `"${machine}" is the last master of the cluster "${cluster}", which has other machines`,
    {
      hint: `promote another machine first, or remove the cluster: machine cluster rm ${cluster}`,
    },
  );

export const cannotJoin = (machine: string, why: string) =>
  new AppError("CANNOT_JOIN", `"${machine}" cannot be part of a cluster: ${why}`);
