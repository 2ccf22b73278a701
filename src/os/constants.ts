/** Linux ABI numbers, the same on x86-64 and arm64 (include/uapi/asm-generic and include/linux/socket.h). */

export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;
export const AF_NETLINK = 16;

export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;

export const NETLINK_SOCK_DIAG = 4;

export const SOL_SOCKET = 1;
export const SO_REUSEADDR = 2;
export const SO_TYPE = 3;
export const SO_ERROR = 4;
export const SO_SNDBUF = 7;
export const SO_RCVBUF = 8;
export const SO_KEEPALIVE = 9;
export const SO_PASSCRED = 16;
export const SO_PEERCRED = 17;
export const SO_ATTACH_FILTER = 26;
export const SO_DETACH_FILTER = 27;
export const SO_ACCEPTCONN = 30;
export const SO_RCVBUFFORCE = 33;
export const SO_PROTOCOL = 38;
export const SO_DOMAIN = 39;
/**
 * An array of u32 about the socket's memory; index SK_MEMINFO_DROPS is its exact drop counter
 * (include/uapi/linux/sock_diag.h).
 */
export const SO_MEMINFO = 55;
export const SK_MEMINFO_DROPS = 8;

export const IPPROTO_TCP = 6;
export const TCP_NODELAY = 1;
export const IPPROTO_UDP = 17;
export const TCP_INFO = 11;

/** Control message with the sender's pid, uid and gid (unix(7)). */
export const SCM_CREDENTIALS = 2;

export const MSG_TRUNC = 0x20;
export const MSG_DONTWAIT = 0x40;
export const MSG_NOSIGNAL = 0x4000;

export const POLLIN = 0x1;
export const POLLOUT = 0x4;

export const SHUT_RD = 0;
export const SHUT_WR = 1;

export const LOCK_EX = 2;
export const LOCK_NB = 4;

export const PR_SET_TIMERSLACK = 29;

/** Opens a descriptor that refers to a file but can't read or write it (open(2)); fs.constants has no name for it. */
export const O_PATH = 0o10000000;

export const FIONREAD = 0x541b;
export const SIOCOUTQ = 0x5411;

export const F_SETFD = 2;
export const FD_CLOEXEC = 1;
export const F_GETFL = 3;
export const F_SETFL = 4;
export const F_DUPFD_CLOEXEC = 1030;

export const F_SETPIPE_SZ = 1031;
export const F_GETPIPE_SZ = 1032;

export const IN_ATTRIB = 0x4;
export const IN_DELETE_SELF = 0x400;
export const IN_MOVE_SELF = 0x800;
export const IN_NONBLOCK = 0o4000;
export const IN_CLOEXEC = 0o2000000;
