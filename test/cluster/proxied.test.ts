import { testRow } from "../support/fault-test.ts";
import { proxied } from "./rows/proxied.ts";

testRow(proxied);
