import type { Parts } from "./context.ts";

/** Joins src/cluster to the commands. What a listing needs is loaded for it alone; the rest when a step runs. */
export const clusterParts: Parts["clusterParts"] = async (machines, outside) => {
  const { store } = machines;
  const views = () => import("../cluster/view.ts");
  return {
    view: {
      swarmColumn: async (records) => (await views()).clusterView(store).swarmColumn(records),
      swarmUrl: async (machine, url) => (await views()).clusterView(store).swarmUrl(machine, url),
    },
    mastersNamed: async (name) => (await views()).mastersNamed(store, name),
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
      const tools = swarmTools(machines, outside.localImage);
      return {
        createSteps: (clusterName) => swarmSteps(store, tools, clusterName),
        hooks: swarmHooks(tools),
        tools,
      };
    },
  };
};
