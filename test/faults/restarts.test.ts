import { testRow } from "../support/fault-test.ts";
import { fifoOpens, streamRestarts, unixgramRestarts } from "./rows/restarts.ts";

testRow(unixgramRestarts);
testRow(streamRestarts);
testRow(fifoOpens);
