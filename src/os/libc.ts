import { constants } from "node:os";
import { getSystemErrorName } from "node:util";
import { libcFunction, native } from "./native.ts";

type Descriptor = number;

/**
 * Each function returns what its manual page (section 2) says: -1 means failure, and errnoName() returns the reason.
 */
export const socket: (domain: number, type: number, protocol: number) => Descriptor = libcFunction(
  "int socket(int domain, int type, int protocol)",
);
export const bind: (fd: Descriptor, address: Buffer, bytes: number) => number = libcFunction(
  "int bind(int fd, const void *address, uint32_t bytes)",
);
export const listen: (fd: Descriptor, backlog: number) => number = libcFunction("int listen(int fd, int backlog)");
export const accept4: (fd: Descriptor, address: Buffer | null, bytes: Uint32Array | null, flags: number) => Descriptor =
  libcFunction("int accept4(int fd, void *address, void *bytes, int flags)");
export const connect: (fd: Descriptor, address: Buffer, bytes: number) => number = libcFunction(
  "int connect(int fd, const void *address, uint32_t bytes)",
);
export const getsockname: (fd: Descriptor, address: Buffer, bytes: Uint32Array) => number = libcFunction(
  "int getsockname(int fd, void *address, void *bytes)",
);
export const getpeername: (fd: Descriptor, address: Buffer, bytes: Uint32Array) => number = libcFunction(
  "int getpeername(int fd, void *address, void *bytes)",
);
export const getsockopt: (fd: Descriptor, level: number, name: number, value: Buffer, bytes: Uint32Array) => number =
  libcFunction("int getsockopt(int fd, int level, int name, void *value, void *bytes)");
export const setsockopt: (fd: Descriptor, level: number, name: number, value: Buffer, bytes: number) => number =
  libcFunction("int setsockopt(int fd, int level, int name, const void *value, uint32_t bytes)");
export const recvmmsg: (fd: Descriptor, headers: Uint8Array, count: number, flags: number, timeout: null) => number =
  libcFunction("int recvmmsg(int fd, void *headers, unsigned int count, int flags, void *timeout)");
export const sendmmsg: (fd: Descriptor, headers: Uint8Array, count: number, flags: number) => number = libcFunction(
  "int sendmmsg(int fd, void *headers, unsigned int count, int flags)",
);
export const write: (fd: Descriptor, bytes: Uint8Array, count: number) => number = libcFunction(
  "intptr_t write(int fd, const void *bytes, size_t count)",
);
export const read: (fd: Descriptor, bytes: Uint8Array, count: number) => number = libcFunction(
  "intptr_t read(int fd, void *bytes, size_t count)",
);
export const poll: (descriptors: Buffer, count: number, timeoutMs: number) => number = libcFunction(
  "int poll(void *descriptors, unsigned long count, int timeoutMs)",
);
export const close: (fd: Descriptor) => number = libcFunction("int close(int fd)");
export const shutdown: (fd: Descriptor, how: number) => number = libcFunction("int shutdown(int fd, int how)");
export const flock: (fd: Descriptor, operation: number) => number = libcFunction("int flock(int fd, int operation)");
export const mkfifo: (path: string, mode: number) => number = libcFunction(
  "int mkfifo(const char *path, uint32_t mode)",
);
export const fcntl: (fd: Descriptor, command: number, type: "int", value: number) => number = libcFunction(
  "int fcntl(int fd, int command, ...)",
);
export const ioctl: (fd: Descriptor, request: number, value: Buffer) => number = libcFunction(
  "int ioctl(int fd, unsigned long request, void *value)",
);
export const prctl: (option: number, a: number, b: number, c: number, d: number) => number = libcFunction(
  "int prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)",
);
/** For system calls that older libraries have no function for. */
export const syscall: (number: number, a: number, b: number, c: number) => number = libcFunction(
  "long syscall(long number, long a, long b, long c)",
);
export const inotify_init1: (flags: number) => Descriptor = libcFunction("int inotify_init1(int flags)");
export const inotify_add_watch: (fd: Descriptor, path: string, mask: number) => number = libcFunction(
  "int inotify_add_watch(int fd, const char *path, uint32_t mask)",
);

/**
 * The address of memory that doesn't move: V8 allocates the content of a `new ArrayBuffer` outside of its moving heap.
 */
export function addressOf(memory: Uint8Array): bigint {
  return native().address(memory);
}

/** The name of the errno that the last libc call of this module set, such as "EAGAIN". */
export function errnoName(): string {
  return getSystemErrorName(-native().errno());
}

/** Whether the last call goes on by itself, as connect(2) does. libuv has no name for that errno. */
export function isInProgress(): boolean {
  return native().errno() === constants.errno.EINPROGRESS;
}

/** The last libc failure as Node would report it: `code` is the name of the errno, `syscall` the call. */
export function errnoError(syscall: string, subject?: string): NodeJS.ErrnoException {
  const number = native().errno();
  const code = getSystemErrorName(-number);
  const error: NodeJS.ErrnoException = new Error(subject ? `${syscall} ${subject}: ${code}` : `${syscall}: ${code}`);
  error.code = code;
  error.errno = -number;
  error.syscall = syscall;
  return error;
}
