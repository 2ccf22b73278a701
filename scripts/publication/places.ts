/** In the project: what is published of a run, and the plot that is made from it. */
export const PUBLISHED = "docs/results/summary.json";
export const PLOT = "docs/results/latency.svg";
