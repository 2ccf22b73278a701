import { testRow } from "../support/fault-test.ts";
import { leaderKills } from "./rows/kills.ts";

testRow(leaderKills);
