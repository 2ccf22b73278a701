import { testRow } from "../support/fault-test.ts";
import { exclusiveLeaderKills, leaderKills } from "./rows/kills.ts";

testRow(leaderKills);
testRow(exclusiveLeaderKills);
