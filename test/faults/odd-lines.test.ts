import { testRow } from "../support/fault-test.ts";
import { oddLines } from "./rows/odd-lines.ts";

testRow(oddLines);
