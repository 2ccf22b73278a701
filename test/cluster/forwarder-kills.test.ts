import { testRow } from "../support/fault-test.ts";
import { forwarderKills, serverKills } from "./rows/kills.ts";

testRow(forwarderKills);
testRow(serverKills);
