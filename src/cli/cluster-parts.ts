import type { Parts } from "./context.ts";

/** Joins src/cluster to the commands. What a listing needs is loaded for it alone; the rest when a step runs. */
export const clusterParts: Parts["clusterParts"] = async (machines, outside) => {
  const { clusterView, mastersNamed } = await import("../cluster/view.ts");
  const { store } = machines;
  return {
    view: clusterView(store),
    mastersNamed: (name) => mastersNamed(store, name),
    planSwarm: async (choice) => {
      const [{ planSwarm }, { allMembers }] = await Promise.all([
        import("../cluster/plan.ts"),
        import("../cluster/side-file.ts"),
      ]);
      return planSwarm(choice, await allMembers(store));
    },
    actions: async () => {
      const [{ swarmSteps, swarmHooks }, { swarmTools }] = await Promise.all([
        import("../cluster/steps.ts"),
        import("./swarm-tools.ts"),
      ]);
      const tools = swarmTools(machines, outside.localSwarmImage);
      return {
        createSteps: (clusterName) => swarmSteps(store, tools, clusterName),
        hooks: swarmHooks(tools),
      };
    },
  };
};
