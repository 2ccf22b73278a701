import { csv } from "./exporters/csv.ts";
import type { Exporter } from "./exporters/exporter.ts";
import { html } from "./exporters/html.ts";
import { json } from "./exporters/json.ts";
import { markdown } from "./exporters/markdown.ts";

/** The reports that are written beside the results. A new one is a file and a line. */
export const EXPORTERS: readonly Exporter[] = [html, markdown, json, csv];
