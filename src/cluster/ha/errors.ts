import { AppError } from "../../kit/errors.ts";

export const hasNoOwnEtcd = (cluster: string) =>
  new AppError(
    "NO_OWN_ETCD",
    `the cluster "${cluster}" uses a discovery of your own, which is not ours to change`,
    {
      hint: "make another master: machine create --swarm-master --swarm-discovery URL --swarm-opt replication NAME",
    },
  );

/** What is to be said of a number of masters that bears no loss or no more than one less; undefined when all is well. */
export function fewMasters(count: number): string | undefined {
  if (count < 2 || count % 2 === 1) return undefined;
  if (count === 2)
    return "with two masters the cluster cannot be changed while one of them is down; three bear a loss";
  return `${count} masters bear the loss of ${(count - 2) / 2}, no more than ${count - 1} would`;
}
