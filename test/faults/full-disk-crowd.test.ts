import { testRow } from "../support/fault-test.ts";
import { fullDiskCrowd } from "./rows/full-disk-crowd.ts";

testRow(fullDiskCrowd);
