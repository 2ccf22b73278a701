import { POLLIN, POLLOUT } from "./constants.ts";
import { poll } from "./libc.ts";

/**
 * Blocks the thread until the descriptor can be read or written, or has failed, or the time is over. For a program that
 * exits and has no event loop any more.
 */
export function waitForDescriptor(fd: number, wanted: { readonly writable: boolean }, ms: number): void {
  const request = Buffer.alloc(8); // struct pollfd (poll(2))
  request.writeInt32LE(fd);
  request.writeInt16LE(wanted.writable ? POLLIN | POLLOUT : POLLIN, 4);
  poll(request, 1, Math.max(1, Math.ceil(ms)));
}
