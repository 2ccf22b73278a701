import { functionName } from "./function-name.ts";

/** One stack, or several equal ones, and what it weighs: samples, or µs. */
export interface Stack {
  readonly pid: number;
  readonly isMainThread: boolean;
  /** Outermost first: symbols of the program, then those of the kernel. */
  readonly frames: readonly string[];
  readonly weight: number;
}

/** Folded stacks, `frame;frame;… weight` a line, as flame graph programs read them. Heaviest first; empty without any. */
export function folded(name: string, stacks: readonly Stack[]): string {
  const weights = new Map<string, number>();
  for (const { isMainThread, frames, weight } of stacks) {
    const thread = isMainThread ? "main_thread" : "other_threads";
    const path = [name, thread, ...withoutRepeats(frames.map(functionName))].join(";");
    weights.set(path, (weights.get(path) ?? 0) + weight);
  }
  return [...weights]
    .map(([path, weight]): [string, number] => [path, Math.round(weight)])
    .filter(([, weight]) => weight > 0)
    .sort(([, a], [, b]) => b - a)
    .map(([path, weight]) => `${path} ${weight}\n`)
    .join("");
}

/** Neighbours in the same file without symbols, and recursion, are one frame. */
function withoutRepeats(frames: readonly string[]): string[] {
  return frames.filter((frame, at) => frame !== frames[at - 1]);
}
