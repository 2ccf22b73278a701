import { testRow } from "../support/fault-test.ts";
import { cutConnections } from "./rows/cut-connections.ts";

testRow(cutConnections);
