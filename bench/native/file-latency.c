// Follows a file that grows and prints how old its lines were when they could be read there, as one JSON line.
//   file-latency FILE LINES SECONDS_MAX        prints "ready" on stderr when it watches
#define _GNU_SOURCE
#include <fcntl.h>
#include <libgen.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

static long long now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int by_value(const void *a, const void *b) {
  long long x = *(const long long *)a, y = *(const long long *)b;
  return (x > y) - (x < y);
}

int main(int count, char **words) {
  if (count != 4) return 2;
  static char bytes[1 << 20], events[4096], directory[4096];
  long wanted = atol(words[2]), seen = 0;
  long long *ages = malloc(sizeof *ages * wanted), until = now_ns() + atoll(words[3]) * 1000000000LL;
  strncpy(directory, words[1], sizeof directory - 1);
  int watch = inotify_init1(IN_NONBLOCK), fd = -1;
  inotify_add_watch(watch, dirname(directory), IN_MODIFY | IN_CREATE);
  fprintf(stderr, "ready\n");
  for (size_t kept = 0; seen < wanted && now_ns() < until;) {
    struct pollfd wait = {watch, POLLIN, 0};
    poll(&wait, 1, 100);
    while (read(watch, events, sizeof events) > 0) {}
    if (fd < 0 && (fd = open(words[1], O_RDONLY)) < 0) continue;
    for (ssize_t got; (got = read(fd, bytes + kept, sizeof bytes - kept)) > 0;) {
      long long now = now_ns();
      char *at = bytes, *end;
      kept += got;
      for (; (end = memchr(at, '\n', bytes + kept - at)); at = end + 1) {
        char *sent = memmem(at, end - at, "\"t\":", 4);
        if (sent && seen < wanted) ages[seen++] = now - atoll(sent + 4);
      }
      kept -= at - bytes;
      memmove(bytes, at, kept);
    }
  }
  qsort(ages, seen, sizeof *ages, by_value);
  double p50 = seen ? ages[seen / 2] / 1e6 : -1, p99 = seen ? ages[seen * 99 / 100] / 1e6 : -1;
  printf("{\"lines\":%ld,\"p50Ms\":%.4f,\"p99Ms\":%.4f}\n", seen, p50, p99);
  return 0;
}
