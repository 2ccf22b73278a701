import { testRow } from "../support/fault-test.ts";
import { rotationsWhileDown, stoppedLeader } from "./rows/outages.ts";

testRow(stoppedLeader);
testRow(rotationsWhileDown);
