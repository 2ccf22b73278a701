import { closeSync, ftruncateSync } from "node:fs";
import type { FileSinkEvents, FileSinkOptions } from "../../src/sink/file-sink-options.ts";
import { openOutput } from "../../src/sink/open-output.ts";
import type { Output } from "../../src/sink/output-file.ts";
import { NO_ROTATION } from "../../src/sink/rotation.ts";

/** An output on any kind of descriptor, without a name that could change. */
export function plainOutput(fd: number): Output {
  let bytes = 0;
  return {
    path: "",
    fd,
    get bytes() {
      return bytes;
    },
    openedAtMs: 0,
    grown: (more) => {
      bytes += more;
    },
    cut: (last) => {
      bytes -= last;
      ftruncateSync(fd, bytes);
    },
    onWritable: (resume) => setTimeout(resume, 0),
    isNamed: () => true,
    isDeleted: () => false,
    is: () => false,
    renameWith: () => true,
    read: () => 0,
    close: () => closeSync(fd),
  };
}

export function sinkEvents(): FileSinkEvents {
  return {
    stalled() {},
    rotated() {},
    reopened() {},
    suspect() {},
    removed() {},
    spaceShort() {},
    problem() {},
  };
}

/** Options of a sink that never syncs or rotates. */
export function sinkOptions(path: string): FileSinkOptions {
  return {
    queueBytesMax: 1024 * 1024,
    closeMsMax: 10_000,
    durability: { mode: "none" },
    rotation: NO_ROTATION,
    open: () => openOutput(path, { mode: 0o600, repaired() {} }),
    events: sinkEvents(),
  };
}
