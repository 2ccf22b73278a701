import { expect, test } from "vitest";
import { Supervision } from "../../src/cli/supervision.ts";

test("no program that is started later can report in this one's place", () => {
  const environment = { NOTIFY_SOCKET: "/nowhere", WATCHDOG_USEC: "1", WATCHDOG_PID: "1", PATH: "/bin" };
  const supervision = new Supervision(environment);
  expect(environment).toEqual({ PATH: "/bin" });
  supervision.stopping();
});
