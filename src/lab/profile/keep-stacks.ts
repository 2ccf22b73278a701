import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { flameGraph } from "../../report/flame-graph.ts";
import { foldedStacks, StackTree } from "../../report/stack-tree.ts";
import type { CollectorName, Measured } from "../results/measured.ts";
import { measured } from "../results/measured.ts";
import { folded, type Stack } from "./folded.ts";

/** Of the folded stacks in the results' folder. */
const FOLDER = "stacks";

/** Stacks by name, such as `sender-on-cpu`. */
export type NamedStacks = Readonly<Record<string, readonly Stack[]>>;

/** Writes a cell's folded stacks and their flame graphs into the results' folder. @returns the paths of the former by name */
export function keepStacks(
  folder: string,
  { id, by }: { readonly id: string; readonly by: CollectorName },
  stacks: NamedStacks,
): Measured<Readonly<Record<string, string>>> {
  mkdirSync(join(folder, FOLDER), { recursive: true });
  const paths = Object.entries(stacks).map(([name, all]) => {
    const path = `${FOLDER}/${id.replaceAll("/", "-")}.${name}.folded`;
    const text = folded(name.replace(/-.*/, ""), all);
    writeFileSync(join(folder, path), text);
    writeFileSync(join(folder, path.replace(/folded$/, "svg")), flameGraphOf(text, `${id}, ${name}`));
    return [name, path];
  });
  return measured(by, Object.fromEntries(paths));
}

function flameGraphOf(text: string, title: string): string {
  const tree = new StackTree();
  for (const { frames, samples } of foldedStacks(text)) tree.add(frames.slice(1), samples);
  const unit = title.endsWith("off-cpu") ? "µs waited" : "samples";
  return flameGraph(tree.frame("all"), { title, unit });
}
