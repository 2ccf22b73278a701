import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { summaryOf } from "../src/cli/ipc-lab/summary-of.ts";
import { PLOT, PUBLISHED } from "./publication/places.ts";
import { plotFile } from "./publication/plot-file.ts";
import { publishedText, readPublished } from "./publication/published-summary.ts";
import { readmeResult, withResult } from "./publication/readme-result.ts";

/**
 * Makes the results of a run those of the README: `npm run lab:publish -- lab-results`. What is shown goes to docs/results, and the
 * README's table and plot are made from there, as the test that compares them does.
 */

const inProject = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

const [folder = "lab-results"] = process.argv.slice(2);
mkdirSync(inProject("docs/results"), { recursive: true });
writeFileSync(inProject(PUBLISHED), publishedText(summaryOf(folder)));
const published = readPublished(inProject(PUBLISHED));
writeFileSync(inProject(PLOT), await plotFile(published));
const readme = readFileSync(inProject("README.md"), "utf8");
writeFileSync(inProject("README.md"), withResult(readme, readmeResult(published, PLOT)));
process.stdout.write(`README.md, ${PUBLISHED} and ${PLOT} show the run ${published.run.id}\n`);
