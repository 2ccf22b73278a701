import { closeSync, fsyncSync, openSync } from "node:fs";
import { dirname } from "node:path";

/** A new name survives a power cut only when its directory has been synced (fsync(2)). @throws the system error */
export function syncDirectory(path: string): void {
  const fd = openSync(dirname(path), "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
