import { testRow } from "../support/fault-test.ts";
import { fullDisk } from "./rows/full-disk.ts";

testRow(fullDisk);
