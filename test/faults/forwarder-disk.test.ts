import {
  appendFileSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkpointPath } from "../../src/checkpoint/checkpoint.ts";
import { SLOT_BYTES, SLOTS, SlotFile } from "../../src/checkpoint/slot-file.ts";
import { errnoOf } from "../../src/core/errors.ts";
import { expectOperational, rejectionOf, thrownBy } from "../support/failure.ts";
import { logFile } from "../support/log-files.ts";
import { MemoryStream } from "../support/memory-engine.ts";
import { forwardToMemory } from "../support/memory-forwarding.ts";
import { mountTmpfs } from "../support/tmpfs.ts";

const DISK_BYTES = 1024 * 1024;
const LINES = Array.from({ length: 1000 }, (_, n) => `{"n":${n}}\n`).join("");

/** Leaves no byte free. @returns the file that takes them */
function fill(directory: string): string {
  const path = join(directory, "ballast");
  const fd = openSync(path, "w");
  for (let bytes = 4096; bytes >= 1; bytes /= 2) {
    const ballast = Buffer.alloc(bytes);
    try {
      while (writeSync(fd, ballast) > 0);
    } catch (error) {
      expect(errnoOf(error)).toBe("ENOSPC");
    }
  }
  closeSync(fd);
  return path;
}

test("a checkpoint has its space from the beginning: a disk that is full later doesn't matter", async (context) => {
  const directory = mountTmpfs(context, DISK_BYTES);
  const path = join(directory, "app.jsonl");
  writeFileSync(path, LINES);
  const slots = new SlotFile(join(directory, "slots"), "write");
  slots.write(Buffer.from("small"));
  fill(directory);
  for (let writes = 0; writes < SLOTS; writes++) slots.write(Buffer.alloc(SLOT_BYTES - 100, "x"));
  slots.sync();
  slots.close();
});

test("on a full disk, a forwarder doesn't begin, and goes on when there is space", async (context) => {
  const directory = mountTmpfs(context, DISK_BYTES);
  const path = join(directory, "app.jsonl");
  const stream = new MemoryStream();
  writeFileSync(path, LINES);
  const ballast = fill(directory);
  expectOperational(await rejectionOf(forwardToMemory(path, stream)), "CHECKPOINT_UNUSABLE");
  expect(stream.messages).toEqual([]);
  rmSync(ballast);
  await forwardToMemory(path, stream);
  expect(stream.content.toString()).toBe(LINES);
});

test("a checkpoint that can't be written ends it with a named error, and nothing is sent without one", async (context) => {
  const directory = mountTmpfs(context, DISK_BYTES);
  const path = join(directory, "app.jsonl");
  const stream = new MemoryStream();
  writeFileSync(path, LINES);
  // A hole, as after a copy.
  writeFileSync(checkpointPath(path), "");
  truncateSync(checkpointPath(path), SLOTS * SLOT_BYTES);
  fill(directory);
  const { message } = expectOperational(await rejectionOf(forwardToMemory(path, stream)), "CHECKPOINT_UNUSABLE");
  expect(message).toContain("ENOSPC");
  expect(stream.messages).toEqual([]);
});

test("a line that can't be rejected is not passed over: it ends with a named error, and goes on there", async () => {
  const path = logFile(`${"x".repeat(2000)}\n${LINES}`);
  const stream = new MemoryStream(1000);
  mkdirSync(`${path}.rejected.jsonl`);
  expectOperational(await rejectionOf(forwardToMemory(path, stream)), "OUTPUT_UNWRITABLE");
  rmSync(`${path}.rejected.jsonl`, { recursive: true });
  await forwardToMemory(path, stream);
  expect(stream.content.toString()).toBe(LINES);
  expect(readFileSync(`${path}.rejected.jsonl`, "utf8").trimEnd().split("\n").length).toBe(1);
});

test("nothing is created beside what isn't a log", async () => {
  const path = logFile("");
  appendFileSync(path, "");
  const folder = `${path}.d`;
  mkdirSync(folder);
  expectOperational(await rejectionOf(forwardToMemory(folder, new MemoryStream())), "INPUT_UNREADABLE");
  expectOperational(await rejectionOf(forwardToMemory(`${path}.none`, new MemoryStream())), "INPUT_UNREADABLE");
  for (const none of [folder, `${path}.none`]) expect(thrownBy(() => readFileSync(checkpointPath(none)))).toBeDefined();
});
