import { testRow } from "../support/fault-test.ts";
import { fifoOpens, unixgramRestarts } from "./rows/restarts.ts";

testRow(unixgramRestarts);
testRow(fifoOpens);
