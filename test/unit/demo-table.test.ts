import { expect, test } from "vitest";
import { type DemoRow, SLOW_RECEIVER_TABLE, USUAL_TABLE, waitsAndDrops } from "../../src/cli/ipc-lab/demo-table.ts";

const ROW: DemoRow = {
  transport: "tcp",
  sent: 1000,
  stored: 1000,
  lost: 0,
  classes: { partial: 0, kernelDrops: 0 },
  duplicates: 0,
  reordered: 0,
  foreign: 0,
  seconds: 2,
  waitedSeconds: 1.25,
  latencyP50Ms: 0.5,
  latencyP99Ms: null,
  residue: 0,
};
const FIFO: DemoRow = { ...ROW, transport: "fifo" };
const UDP: DemoRow = {
  ...ROW,
  transport: "udp",
  stored: 250,
  lost: 750,
  classes: { partial: 1, shed: 0, kernelDrops: 749 },
  waitedSeconds: 0,
};

test("two sentences say where producers waited and where lines were lost, by class", () => {
  expect(waitsAndDrops([ROW, FIFO, UDP])).toEqual([
    "On tcp and fifo the producers waited, and no line was lost.",
    "On udp they did not wait, and 75\u00a0% of the lines were lost, counted as partial and kernelDrops.",
  ]);
  expect(waitsAndDrops([ROW])).toEqual(["On tcp the producers waited, and no line was lost."]);
  expect(waitsAndDrops([UDP, { ...UDP, transport: "fifo", waitedSeconds: 1 }])).toEqual([
    "On udp they did not wait, and 75\u00a0% of the lines were lost, counted as partial and kernelDrops; " +
      "on fifo they waited, and 75\u00a0% of the lines were lost, counted as partial and kernelDrops.",
  ]);
});

test("rows stand below their titles, and what is not known is a dash", () => {
  for (const table of [USUAL_TABLE, SLOW_RECEIVER_TABLE]) {
    const [titles = "", rule = ""] = table.head;
    expect(titles.length).toBeLessThanOrEqual(80);
    expect(table.row(UDP).length).toBeLessThanOrEqual(rule.length + "partial, kernelDrops".length);
  }
  expect(USUAL_TABLE.row(ROW)).toMatch(/^tcp +1000 +1000 +0 +0 +2\.00 +0\.50 +–$/);
  expect(SLOW_RECEIVER_TABLE.row(UDP)).toMatch(/^udp +1000 +250 +750 +2\.00 +0\.00 {2}partial, kernelDrops$/);
});
