import { truncateSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { markFile, newFileId } from "../../src/checkpoint/file-mark.ts";
import { Comparison } from "../../src/forwarder/compare.ts";
import { LogFile } from "../../src/forwarder/log-files.ts";
import { logFile } from "../support/log-files.ts";

test.each([2 ** 31, 2 ** 33])("a message that claims %d bytes of a file as long is none of its blocks", (length) => {
  const path = logFile("{}\n");
  // Without blocks on disk.
  truncateSync(path, length);
  const file = new LogFile(path);
  onTestFinished(() => file.close());
  const mark = markFile(file.fd, { id: newFileId(), begin: 0 }, 0);
  const comparison = new Comparison(file, { file: mark, finished: [] });
  const block = { file: mark.id, offset: 0, length, lines: 1, crc: 0, sequence: 1 };
  expect(comparison.isThere(block)).toBe(false);
});
