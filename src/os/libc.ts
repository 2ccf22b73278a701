import { getSystemErrorName } from "node:util";
import koffi from "koffi";

/** libc through dlopen(NULL): the one that Node itself is linked with, whether glibc or musl. */
const libc = koffi.load(null);

type Descriptor = number;

/**
 * Each function returns what its manual page (section 2) says: -1 means failure, and errnoName() returns the reason.
 */
export const socket: (domain: number, type: number, protocol: number) => Descriptor = libc.func(
  "int socket(int domain, int type, int protocol)",
);
export const bind: (fd: Descriptor, address: Buffer, bytes: number) => number = libc.func(
  "int bind(int fd, const void *address, uint32_t bytes)",
);
export const listen: (fd: Descriptor, backlog: number) => number = libc.func("int listen(int fd, int backlog)");
export const accept4: (fd: Descriptor, address: null, bytes: null, flags: number) => Descriptor = libc.func(
  "int accept4(int fd, void *address, void *bytes, int flags)",
);
export const connect: (fd: Descriptor, address: Buffer, bytes: number) => number = libc.func(
  "int connect(int fd, const void *address, uint32_t bytes)",
);
export const getsockname: (fd: Descriptor, address: Buffer, bytes: Uint32Array) => number = libc.func(
  "int getsockname(int fd, void *address, void *bytes)",
);
export const getpeername: (fd: Descriptor, address: Buffer, bytes: Uint32Array) => number = libc.func(
  "int getpeername(int fd, void *address, void *bytes)",
);
export const getsockopt: (fd: Descriptor, level: number, name: number, value: Buffer, bytes: Uint32Array) => number =
  libc.func("int getsockopt(int fd, int level, int name, void *value, void *bytes)");
export const setsockopt: (fd: Descriptor, level: number, name: number, value: Buffer, bytes: number) => number =
  libc.func("int setsockopt(int fd, int level, int name, const void *value, uint32_t bytes)");
export const recvmmsg: (fd: Descriptor, headers: Uint8Array, count: number, flags: number, timeout: null) => number =
  libc.func("int recvmmsg(int fd, void *headers, unsigned int count, int flags, void *timeout)");
export const sendmmsg: (fd: Descriptor, headers: Uint8Array, count: number, flags: number) => number = libc.func(
  "int sendmmsg(int fd, void *headers, unsigned int count, int flags)",
);
export const write: (fd: Descriptor, bytes: Uint8Array, count: number) => number = libc.func(
  "intptr_t write(int fd, const void *bytes, size_t count)",
);
export const read: (fd: Descriptor, bytes: Uint8Array, count: number) => number = libc.func(
  "intptr_t read(int fd, void *bytes, size_t count)",
);
export const close: (fd: Descriptor) => number = libc.func("int close(int fd)");
export const shutdown: (fd: Descriptor, how: number) => number = libc.func("int shutdown(int fd, int how)");
export const flock: (fd: Descriptor, operation: number) => number = libc.func("int flock(int fd, int operation)");
export const mkfifo: (path: string, mode: number) => number = libc.func("int mkfifo(const char *path, uint32_t mode)");
export const fcntl: (fd: Descriptor, command: number, type: "int", value: number) => number = libc.func(
  "int fcntl(int fd, int command, ...)",
);
export const ioctl: (fd: Descriptor, request: number, value: Buffer) => number = libc.func(
  "int ioctl(int fd, unsigned long request, void *value)",
);
export const prctl: (option: number, a: number, b: number, c: number, d: number) => number = libc.func(
  "int prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)",
);
/** For system calls that older libraries have no function for. */
export const syscall: (number: number, a: number, b: number, c: number) => number = libc.func(
  "long syscall(long number, long a, long b, long c)",
);
export const inotify_init1: (flags: number) => Descriptor = libc.func("int inotify_init1(int flags)");
export const inotify_add_watch: (fd: Descriptor, path: string, mask: number) => number = libc.func(
  "int inotify_add_watch(int fd, const char *path, uint32_t mask)",
);

/**
 * The address of memory that doesn't move: V8 allocates the content of a `new ArrayBuffer` outside of its moving heap.
 */
export function addressOf(memory: Uint8Array): bigint {
  return koffi.address(memory);
}

/** The name of the errno that the last libc call of this module set, such as "EAGAIN". */
export function errnoName(): string {
  return getSystemErrorName(-koffi.errno());
}

/** The last libc failure as Node would report it: `code` is the name of the errno, `syscall` the call. */
export function errnoError(syscall: string, subject?: string): NodeJS.ErrnoException {
  const number = koffi.errno();
  const code = getSystemErrorName(-number);
  const error: NodeJS.ErrnoException = new Error(subject ? `${syscall} ${subject}: ${code}` : `${syscall}: ${code}`);
  error.code = code;
  error.errno = -number;
  error.syscall = syscall;
  return error;
}
