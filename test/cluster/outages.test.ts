import { testRow } from "../support/fault-test.ts";
import { forgottenIds, majorityDown } from "./rows/outages.ts";

testRow(majorityDown);
testRow(forgottenIds);
