import { testRow } from "../support/fault-test.ts";
import { callOrder } from "./rows/call-order.ts";

testRow(callOrder);
