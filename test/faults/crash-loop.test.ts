import { testRow } from "../support/fault-test.ts";
import { crashLoop } from "./rows/crash-loop.ts";

testRow(crashLoop);
