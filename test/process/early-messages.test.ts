import { closeSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { UNKNOWN_PEER } from "../../src/core/peer.ts";
import { AF_UNIX, SO_PASSCRED, SOCK_DGRAM, SOCK_NONBLOCK, SOL_SOCKET } from "../../src/os/constants.ts";
import { bind, socket } from "../../src/os/libc.ts";
import { unixAddress } from "../../src/os/socket-address.ts";
import { setOption } from "../../src/os/socket-options.ts";
import { DatagramSlots } from "../../src/transports/shared/datagram-slots.ts";
import { DatagramSocket } from "../support/datagram-socket.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

test("who sent a message before the socket asked for credentials isn't known", () => {
  const path = join(temporaryDirectory(), "s");
  const fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  onTestFinished(() => closeSync(fd));
  const address = unixAddress(path);
  expect(bind(fd, address, address.length)).toBe(0);
  const sender = DatagramSocket.unix(path);
  expect(sender.send("early")).toBe("sent");
  setOption(fd, SOL_SOCKET, SO_PASSCRED, 1);
  expect(sender.send("late")).toBe("sent");
  const slots = new DatagramSlots(1000, "credentials");
  expect(slots.fill(fd)).toBeUndefined();
  const own = { pid: process.pid, uid: process.geteuid?.(), gid: process.getegid?.() };
  expect([slots.count, slots.peer?.(0), slots.peer?.(1)]).toEqual([2, UNKNOWN_PEER, own]);
});
