import { testRow } from "../support/fault-test.ts";
import { manyNames, restartedSenders, strangeHellos } from "./rows/acked-names.ts";

testRow(restartedSenders);
testRow(strangeHellos);
testRow(manyNames);
