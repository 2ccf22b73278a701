import { testRow } from "../support/fault-test.ts";
import { drippingConnections, fewDescriptors } from "./rows/crowds.ts";

testRow(drippingConnections);
testRow(fewDescriptors);
