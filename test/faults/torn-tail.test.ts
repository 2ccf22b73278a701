import { testRow } from "../support/fault-test.ts";
import { tornTail } from "./rows/torn-tail.ts";

testRow(tornTail);
