import { testRow } from "../support/fault-test.ts";
import { floods } from "./rows/floods.ts";

testRow(floods);
