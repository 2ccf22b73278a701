import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { hasPath } from "../../src/core/transport-name.ts";
import { processTree } from "../../src/os/process-tree.ts";
import { REGISTRY } from "../../src/transports/registry.ts";
import type { Place } from "./contestants.ts";

const READY_MS_MAX = 8000;
const LOOK_MS = 10;
/** A program that has just bound its socket may still be starting its threads. */
const SETTLE_MS = 200;

/** Waits until a sender can reach the program. Not every program reports it, so /proc is read. */
export async function untilReady(pid: number, place: Place): Promise<void> {
  const deadline = performance.now() + READY_MS_MAX;
  while (!isReady(pid, place)) {
    if (performance.now() > deadline) throw new Error(`nobody listens at ${place.transport} ${place.address}`);
    await pause(LOOK_MS);
  }
  await pause(SETTLE_MS);
}

function isReady(pid: number, { transport, address }: Place): boolean {
  const { boundary } = REGISTRY[transport].traits;
  if (hasPath(transport)) {
    if (statSync(address, { throwIfNoEntry: false })?.isFIFO()) {
      return processTree(pid).some((member) => hasOpen(member, address));
    }
    // The flags of a listening socket are 00010000 (__SO_ACCEPTCON).
    return rows("/proc/net/unix").some(
      (fields) => fields.at(-1) === address && (boundary === "message" || fields[3] === "00010000"),
    );
  }
  const port = `:${Number(address).toString(16).toUpperCase().padStart(4, "0")}`;
  const state = boundary === "stream" ? "0A" : "07"; // TCP_LISTEN, TCP_CLOSE
  return [`/proc/net/${transport}`, `/proc/net/${transport}6`].some((table) =>
    rows(table).some((fields) => fields[1]?.endsWith(port) === true && fields[3] === state),
  );
}

function rows(path: string): string[][] {
  return readFileSync(path, "latin1")
    .split("\n")
    .map((row) => row.trim().split(/\s+/));
}

function hasOpen(pid: number, path: string): boolean {
  const directory = `/proc/${pid}/fd`;
  try {
    return readdirSync(directory).some((fd) => readlinkSync(`${directory}/${fd}`) === path);
  } catch {
    return false; // a descriptor or the process was gone before we looked
  }
}
