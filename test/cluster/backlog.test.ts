import { testRow } from "../support/fault-test.ts";
import { backlog } from "./rows/backlog.ts";

testRow(backlog);
