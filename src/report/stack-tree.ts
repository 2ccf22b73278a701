import type { StackFrame } from "./summary.ts";

/** Stacks as a tree that is being made. */
interface Tree {
  samples: number;
  readonly calls: Map<string, Tree>;
}

/** Gathers stacks, outermost frame first, below one root. */
export class StackTree {
  readonly #root: Tree = { samples: 0, calls: new Map() };

  get samples(): number {
    return this.#root.samples;
  }

  add(frames: readonly string[], samples: number): void {
    let here = this.#root;
    here.samples += samples;
    for (const frame of frames) {
      const next = here.calls.get(frame) ?? { samples: 0, calls: new Map() };
      here.calls.set(frame, next);
      next.samples += samples;
      here = next;
    }
  }

  /** @param name of the root */
  frame(name: string): StackFrame {
    return frameOf(name, this.#root);
  }
}

/** Calls with the most samples first. */
function frameOf(name: string, { samples, calls }: Tree): StackFrame {
  const frames = [...calls].map(([inner, tree]) => frameOf(inner, tree));
  return { name, samples, calls: frames.sort((a, b) => b.samples - a.samples) };
}

/** The stacks of a folded file, `frame;frame;… samples` a line, outermost frame first. Other lines are passed over. */
export function* foldedStacks(text: string): Generator<{ readonly frames: string[]; readonly samples: number }> {
  for (const line of text.split("\n")) {
    const space = line.lastIndexOf(" ");
    const samples = Number(line.slice(space + 1));
    if (space > 0 && Number.isFinite(samples) && samples > 0)
      yield { frames: line.slice(0, space).split(";"), samples };
  }
}
