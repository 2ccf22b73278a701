import { testRow } from "../support/fault-test.ts";
import { refusedCalls } from "./rows/refused-calls.ts";

testRow(refusedCalls);
