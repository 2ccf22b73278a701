import { testRow } from "../support/fault-test.ts";
import { powerCut, powerCutControl } from "./rows/power-cut.ts";

testRow(powerCut);
testRow(powerCutControl);
