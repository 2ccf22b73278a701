import { testRow } from "../support/fault-test.ts";
import { slowWrites } from "./rows/slow-writes.ts";

testRow(slowWrites);
