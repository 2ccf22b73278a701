/* Preloaded into the aggregator: does something to the Nth call of one function on one file. For what strace can't do:
 * half a write, and death right after a call has succeeded.
 *
 * FAULT_CALL  write, fdatasync, fsync, ftruncate or rename
 * FAULT_PATH  the file (rename: its old name)
 * FAULT_NTH   which call, counted from 1
 * FAULT_ACT   short: writes half, and the next call meets ENOSPC (without that libuv goes on by itself, uv__fs_write_all);
 *             half-kill: writes half and dies; kill-after: works, then dies
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_long calls;

/* 0: not this call; 1: the Nth; 2: the one after it; more: later. */
static int due(const char *call, const char *path) {
  const char *wanted = getenv("FAULT_CALL"), *file = getenv("FAULT_PATH"), *nth = getenv("FAULT_NTH");
  if (!wanted || !file || !nth || strcmp(wanted, call) || strcmp(file, path)) return 0;
  long n = atomic_fetch_add(&calls, 1) + 1;
  return n < atol(nth) ? 0 : (int)(n - atol(nth) + 1);
}

static int due_fd(const char *call, int fd) {
  const char *wanted = getenv("FAULT_CALL");
  if (!wanted || strcmp(wanted, call)) return 0;
  char link[64], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return due(call, path);
}

static int act(const char *name) {
  const char *wanted = getenv("FAULT_ACT");
  return wanted && !strcmp(wanted, name);
}

static void die(void) { kill(getpid(), SIGKILL); }

ssize_t write(int fd, const void *bytes, size_t length) {
  static ssize_t (*real)(int, const void *, size_t);
  if (!real) real = dlsym(RTLD_NEXT, "write");
  int is = due_fd("write", fd);
  if (is == 1 && act("short")) return real(fd, bytes, length / 2);
  if (is == 2 && act("short")) {
    errno = ENOSPC;
    return -1;
  }
  if (is == 1 && act("half-kill")) {
    real(fd, bytes, length / 2);
    die();
  }
  ssize_t done = real(fd, bytes, length);
  if (is == 1 && act("kill-after")) die();
  return done;
}

#define AFTER_FD(name, call, parameters, arguments)                 \
  int name parameters {                                             \
    static int(*real) parameters;                                   \
    if (!real) real = dlsym(RTLD_NEXT, #name);                      \
    int is = due_fd(call, fd);                                      \
    int done = real arguments;                                      \
    if (is == 1 && act("kill-after")) die();                        \
    return done;                                                    \
  }

AFTER_FD(fdatasync, "fdatasync", (int fd), (fd))
AFTER_FD(fsync, "fsync", (int fd), (fd))
AFTER_FD(ftruncate, "ftruncate", (int fd, off_t length), (fd, length))
AFTER_FD(ftruncate64, "ftruncate", (int fd, off64_t length), (fd, length))

int rename(const char *from, const char *to) {
  static int (*real)(const char *, const char *);
  if (!real) real = dlsym(RTLD_NEXT, "rename");
  int is = due("rename", from);
  int done = real(from, to);
  if (is == 1 && act("kill-after")) die();
  return done;
}
