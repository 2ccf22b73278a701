import { testRow } from "../support/fault-test.ts";
import { inheritedRestarts } from "./rows/inherited-restarts.ts";

testRow(inheritedRestarts);
