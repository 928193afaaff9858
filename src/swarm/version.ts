/** The version that `swarm --version`, /info and /version show: that of the program whose place this one takes. */
export const swarmVersion = "1.2.9";
