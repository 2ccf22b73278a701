import { testRow } from "../support/fault-test.ts";
import { rolledBack } from "./rows/rolled-back.ts";

testRow(rolledBack);
