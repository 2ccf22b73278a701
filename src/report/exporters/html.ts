import { FIGURES } from "../figures/all.ts";
import { page } from "../page/page.ts";
import { loadPlotter } from "../plot/draw.ts";
import type { Exporter } from "./exporter.ts";

/** One page that works offline. */
export const html: Exporter = {
  fileName: "report.html",
  content: async (summary) => page(summary, FIGURES, await loadPlotter()),
};
