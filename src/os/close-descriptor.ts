import { closeSync, fstatSync } from "node:fs";
import { close } from "./libc.ts";

/**
 * Closes a descriptor, whatever made it. In a worker thread Node knows which descriptors `fs` opened, and warns on
 * stderr when `fs.closeSync` gets another one; sockets never come from there.
 */
export function closeDescriptor(fd: number): void {
  if (fstatSync(fd).isSocket()) close(fd);
  else closeSync(fd);
}
