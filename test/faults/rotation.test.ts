import { testRow } from "../support/fault-test.ts";
import { rotation } from "./rows/rotation.ts";

testRow(rotation);
