import { setFlagsFromString } from "node:v8";

/**
 * Keeps V8's young generation at its initial size. For a program whose short-lived objects are few but hold large buffers
 * outside of the heap: the more of them wait for a collection, the more memory the process has. V8 reads this flag at each
 * collection, so that it can be set by a running program (Node 20 to 24).
 */
export function keepYoungGenerationSmall(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
}
