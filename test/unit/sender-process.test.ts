import { expect, test } from "vitest";
import { senderProcess, unitIn } from "../../src/os/sender-process.ts";

const [pid, uid] = [process.pid, process.geteuid?.() ?? 0];

test("the program of a process, while its pid belongs to that user", () => {
  expect(senderProcess(pid, uid).exe).toBe(process.execPath);
  expect(senderProcess(pid, uid + 1)).toEqual({ exe: null, unit: null });
  expect(senderProcess(0, uid)).toEqual({ exe: null, unit: null });
  expect(senderProcess(2 ** 22 + 1, uid)).toEqual({ exe: null, unit: null });
});

test.each([
  ["0::/system.slice/nginx.service\n", "nginx.service"],
  ["0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-x@1.service\n", "user@1000.service"],
  // As systemd-run --user --unit=nginx makes it.
  ["0::/user.slice/user-1000.slice/user@1000.service/app.slice/nginx.service\n", "user@1000.service"],
  ["0::/user.slice/user-1000.slice/session-2.scope\n", "session-2.scope"],
  ["0::/system.slice/docker-1f.scope/init.service/sub\n", "docker-1f.scope"],
  ["12:cpu:/\n1:name=systemd:/system.slice/cron.service\n0::/\n", "cron.service"],
  ["0::/\n", null],
  ["0::/user.slice\n", null],
  ["", null],
])("the unit in %j", (cgroups, unit) => {
  expect(unitIn(cgroups)).toBe(unit);
});
