import type { FaultRow } from "../support/fault-row.ts";
import { manyNames, restartedSenders, strangeHellos } from "./rows/acked-names.ts";
import { callOrder } from "./rows/call-order.ts";
import { crashLoop } from "./rows/crash-loop.ts";
import { drippingConnections, fewDescriptors } from "./rows/crowds.ts";
import { cutConnections } from "./rows/cut-connections.ts";
import { fullDisk } from "./rows/full-disk.ts";
import { fullDiskCrowd } from "./rows/full-disk-crowd.ts";
import { idleLines } from "./rows/idle-lines.ts";
import { inheritedRestarts } from "./rows/inherited-restarts.ts";
import { kill } from "./rows/kill.ts";
import { oddLines } from "./rows/odd-lines.ts";
import { powerCut, powerCutControl } from "./rows/power-cut.ts";
import { refusedCalls } from "./rows/refused-calls.ts";
import { fifoOpens, streamRestarts, unixgramRestarts } from "./rows/restarts.ts";
import { rotation } from "./rows/rotation.ts";
import { slowWrites } from "./rows/slow-writes.ts";
import { stopUnderLoad } from "./rows/stop-under-load.ts";
import { stopWhileWriting } from "./rows/stop-while-writing.ts";
import { tornTail } from "./rows/torn-tail.ts";

/** Every fault that is tested for real, as docs/reliability.md lists them. */
export const ROWS: readonly FaultRow[] = [
  kill,
  cutConnections,
  powerCut,
  powerCutControl,
  callOrder,
  fullDisk,
  refusedCalls,
  stopUnderLoad,
  stopWhileWriting,
  rotation,
  crashLoop,
  tornTail,
  slowWrites,
  drippingConnections,
  idleLines,
  fullDiskCrowd,
  fewDescriptors,
  oddLines,
  restartedSenders,
  strangeHellos,
  manyNames,
  unixgramRestarts,
  streamRestarts,
  fifoOpens,
  inheritedRestarts,
];
