import { testRow } from "../support/fault-test.ts";
import { stopWhileWriting } from "./rows/stop-while-writing.ts";

testRow(stopWhileWriting);
