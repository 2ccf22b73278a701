import { testRow } from "../support/fault-test.ts";
import { kill } from "./rows/kill.ts";

testRow(kill);
