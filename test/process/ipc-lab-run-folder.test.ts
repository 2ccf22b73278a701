import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { runLab } from "../support/verify-command.ts";

test("a folder that can't be made is an error with a remedy", async () => {
  const file = join(temporaryDirectory(), "file");
  writeFileSync(file, "");
  for (const [folder, errno] of [
    [file, /EEXIST/],
    // Node 22 and newer say of a file among the parents that it exists.
    [join(file, "below"), /ENOTDIR|EEXIST/],
    // Where making all of its parents, too, would never end (mkdir(2) says that the existing parent doesn't exist).
    ["/proc/none", /ENOENT/],
  ] as const) {
    const { status, stderr } = await runLab(["run", "--quick", "--collect", "proc", "--out", folder]);
    expect([status, JSON.parse(stderr)]).toMatchObject([1, { code: "OUTPUT_UNWRITABLE" }]);
    const [, reason] = /can't be made \((\w+)\); pass another --out/.exec(stderr) ?? [];
    expect([folder, reason]).toEqual([folder, expect.stringMatching(errno)]);
  }
});
