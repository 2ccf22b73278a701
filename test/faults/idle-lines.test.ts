import { testRow } from "../support/fault-test.ts";
import { idleLines } from "./rows/idle-lines.ts";

testRow(idleLines);
