import { testRow } from "../support/fault-test.ts";
import { exclusiveStoppedLeader, rotationsWhileDown, stoppedLeader } from "./rows/outages.ts";

testRow(stoppedLeader);
testRow(exclusiveStoppedLeader);
testRow(rotationsWhileDown);
