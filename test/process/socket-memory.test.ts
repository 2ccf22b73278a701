import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { socketCharge } from "../../src/os/socket-memory.ts";
import { readSysctl } from "../../src/os/sysctl.ts";
import { missing } from "../support/fault-tools.ts";

const FILL = `
import json, socket
def writes(size):
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    ours.setblocking(False)
    count = 0
    try:
        while True:
            ours.send(b"x" * size)
            count += 1
    except BlockingIOError:
        return count
print(json.dumps({size: writes(size) for size in (40, 200, 500, 1000, 2000, 4096)}))
`;

it("a unix socket's send buffer takes as many writes as their charge says, within a tenth", ({ skip }) => {
  const obstacle = missing("python3", "--version");
  if (obstacle !== undefined) skip(obstacle);
  const sendBufferBytes = readSysctl("net.core.wmem_default") ?? 0;
  const writes: Record<string, number> = JSON.parse(execFileSync("python3", ["-c", FILL], { encoding: "utf8" }));
  expect(Object.keys(writes)).toHaveLength(6);
  for (const [bytes, count] of Object.entries(writes)) {
    const ratio = sendBufferBytes / socketCharge(Number(bytes)) / count;
    expect(ratio, `${count} writes of ${bytes} bytes`).toBeGreaterThan(0.9);
    expect(ratio, `${count} writes of ${bytes} bytes`).toBeLessThan(1.1);
  }
});
