import { testRow } from "../support/fault-test.ts";
import { stopUnderLoad } from "./rows/stop-under-load.ts";

testRow(stopUnderLoad);
