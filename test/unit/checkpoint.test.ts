import { appendFileSync, copyFileSync, openSync, renameSync, truncateSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkpointPath, decodeCheckpoint } from "../../src/checkpoint/checkpoint.ts";
import { likeness, markFile, moveMark } from "../../src/checkpoint/file-mark.ts";
import { SLOT_BYTES } from "../../src/checkpoint/slot-file.ts";
import { LogFiles } from "../../src/forwarder/log-files.ts";
import { Progress } from "../../src/forwarder/progress.ts";
import { thrownBy } from "../support/failure.ts";
import { logFile } from "../support/log-files.ts";

const CONTENT = Array.from({ length: 500 }, (_, n) => `{"n":${n},"time":${1000 + n}}\n`).join("");

const NAME = { id: "00", begin: 0 };

/** What has become of a file that was marked at its end. */
function likenessAfter(change: (path: string) => void): string {
  const path = logFile(CONTENT);
  const mark = markFile(openSync(path, "r"), NAME, CONTENT.length);
  change(path);
  return likeness(mark, openSync(path, "r"));
}

test("a file that ends before a mark, and whose last bytes the mark doesn't know, is shortened", () => {
  const fd = openSync(logFile(CONTENT), "r");
  expect(likeness(markFile(fd, NAME, 2 * CONTENT.length), fd)).toBe("shortened");
});

test.each<[likeness: string, what: string, change: (path: string) => void]>([
  ["same", "a file that grew", (path) => appendFileSync(path, "more\n")],
  ["shortened", "a file that lost its end", (path) => truncateSync(path, CONTENT.length - 10)],
  ["replaced", "a file that was emptied", (path) => truncateSync(path, 0)],
  [
    "replaced",
    "an emptied file that has grown beyond the mark",
    (path) => {
      truncateSync(path, 0);
      appendFileSync(path, CONTENT.replaceAll("n", "m").repeat(2));
    },
  ],
  [
    "copy",
    "a copy",
    (path) => {
      copyFileSync(path, `${path}.1`);
      renameSync(`${path}.1`, path);
    },
  ],
  [
    "other",
    "a new file with the name, which may have the number of the removed one",
    (path) => {
      unlinkSync(path);
      writeFileSync(path, CONTENT.replaceAll("n", "m"));
    },
  ],
])("%s: %s", (expected, what, change) => {
  // A file that isn't open any more gives its inode to the next one; the time of its creation differs.
  expect(likenessAfter(change), what).toBe(expected);
});

test("a mark that moves with the file is the mark of the position", () => {
  const path = logFile(CONTENT);
  const fd = openSync(path, "r");
  expect(moveMark(markFile(fd, NAME, 100), fd, CONTENT.length)).toEqual(markFile(fd, NAME, CONTENT.length));
});

test("a checkpoint outlives its process, for the same place only", () => {
  const path = logFile(CONTENT);
  const file = new LogFiles(path).oldest();
  if (file === undefined) throw new Error("no file");
  const progress = new Progress(checkpointPath(path), "here");
  progress.begin("here", markFile(file.fd, NAME, 0), 7);
  progress.move(file, 100, { sequence: 8, inFlight: [10, 20] });
  const before = progress.checkpoint;
  expect(thrownBy(() => new Progress(checkpointPath(path), "here"))).toMatchObject({ code: "CHECKPOINT_IN_USE" });
  progress.close();
  const again = new Progress(checkpointPath(path), "here");
  expect(again.checkpoint).toEqual(before);
  again.close();
  expect(thrownBy(() => new Progress(checkpointPath(path), "there"))).toMatchObject({ code: "CHECKPOINT_UNUSABLE" });
  truncateSync(checkpointPath(path), SLOT_BYTES);
  writeFileSync(checkpointPath(path), "garbage");
  expect(thrownBy(() => new Progress(checkpointPath(path), "here"))).toMatchObject({ code: "CHECKPOINT_UNUSABLE" });
});

test("files are ordered by their names, and the next one is found when its own is gone", () => {
  const path = logFile("4\n");
  writeFileSync(`${path}.2`, "1\n");
  writeFileSync(`${path}.1`, "2\n");
  writeFileSync(`${path}.20261126T000000000Z`, "3\n");
  writeFileSync(`${path}.20261126T000000001Z.gz`, "compressed");
  writeFileSync(join(`${path}.torn-20261126T000000000Z`), "torn");
  const files = new LogFiles(path);
  const read: string[] = [];
  for (let file = files.oldest(); file !== undefined; file = files.after(file)) {
    const bytes = Buffer.alloc(10);
    read.push(bytes.toString("latin1", 0, file.read(bytes, 0)));
  }
  expect(read).toEqual(["1\n", "2\n", "3\n", "4\n"]);
  const third = files.find(markFile(openSync(`${path}.20261126T000000000Z`, "r"), NAME, 2));
  expect(third?.likeness).toBe("same");
});

test("whether a file with a name that rotation doesn't give is written to any more is unknown", () => {
  const path = logFile("1\n");
  const files = new LogFiles(path);
  const file = files.oldest();
  renameSync(path, `${path}-20261126`);
  writeFileSync(path, "2\n");
  expect(file && files.isLeft(file)).toBeUndefined();
  expect(file && files.after(file)?.bytes).toBe(2);
});

test.each([
  '{"version":1}',
  '{"version":1,"target":"x","file":{},"sequence":0,"generation":0,"inFlight":[],"finished":[]}',
])("%s is no checkpoint, whoever wrote it", (text) => {
  expect(decodeCheckpoint(Buffer.from(text))).toBeUndefined();
});
