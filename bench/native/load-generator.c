// Sends numbered lines from several threads and prints what it sent, and when (Unix time, milliseconds), as one JSON line.
//   load-generator TRANSPORT ADDRESS SENDERS LINES_PER_SENDER LINE_BYTES LINES_PER_WRITE LINES_PER_SECOND SECONDS_MAX
// Ends after SECONDS_MAX in any case. ADDRESS is a path, or a port of 127.0.0.1. LINES_PER_SECOND is for all senders together; 0 sends as fast as possible.
// A line is {"n":1000000000,"s":1000,"t":1000000000000000000,"m":"fff..."}: its number and its sender, from 1000000000
// and 1000 up, CLOCK_MONOTONIC in nanoseconds just before the send from 1000000000000000000 up, and a filler letter
// that follows from number and sender, so that a torn line shows.
// Lines shorter than 58 bytes go without the time.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { NUMBER_AT = 5, SENDER_AT = 20, TIME_AT = 29, TIMED_BYTES_MIN = 58, LINE_BYTES_MIN = 34 };
static const long long TIME_FIRST = 1000000000000000000;
enum { NUMBER_FIRST = 1000000000, SENDER_FIRST = 1000, QUANTUM_NS = 200000, LATE_NS_MAX = 1000000 };
static const char TIMED[] = "{\"n\":0000000000,\"s\":0000,\"t\":0000000000000000000,\"m\":\"";
static const char SHORT[] = "{\"n\":0000000000,\"s\":0000,\"m\":\"";

static const char *transport, *address;
static int senders, lines_per_write, is_message;
static long lines_per_sender;
static long long end_ns;
static size_t line_bytes;
static double lines_per_second;
static pthread_barrier_t all_connected;

struct sender { pthread_t thread; int id; long sent, refused; long long first_ns, last_ns; };

static long long clock_ns(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static long long now_ns(void) { return clock_ns(CLOCK_MONOTONIC); }

static void digits(char *at, unsigned long long value, int count) {
  while (count--) at[count] = '0' + value % 10, value /= 10;
}

static int reach(void) {
  int fd = -1;
  int kind = is_message ? SOCK_DGRAM : SOCK_STREAM;
  if (!strcmp(transport, "fifo")) {
    fd = open(address, O_WRONLY);
  } else if (!strncmp(transport, "unix", 4)) {
    struct sockaddr_un name = {AF_UNIX, {0}};
    strncpy(name.sun_path, address, sizeof name.sun_path - 1);
    fd = socket(AF_UNIX, kind, 0);
    if (connect(fd, (void *)&name, sizeof name) < 0) fd = -1;
  } else {
    struct sockaddr_in name = {AF_INET, htons(atoi(address)), {htonl(INADDR_LOOPBACK)}, {0}};
    fd = socket(AF_INET, kind, 0);
    if (connect(fd, (void *)&name, sizeof name) < 0) fd = -1;
  }
  if (fd < 0) {
    fprintf(stderr, "load-generator: %s %s: %s\n", transport, address, strerror(errno));
    exit(2);
  }
  return fd;
}

// Line k of a sender is due at k times the interval; short intervals are gathered into quanta, stalls are not made up for.
static void wait_for(long long *start_ns, long line, double interval_ns) {
  long long due = *start_ns + (long long)(line * interval_ns), now = now_ns();
  if (now - due > LATE_NS_MAX) *start_ns += now - due - LATE_NS_MAX;
  if (now >= due) return;
  if (interval_ns < QUANTUM_NS) due += QUANTUM_NS - (due - *start_ns) % QUANTUM_NS;
  struct timespec until = {due / 1000000000LL, due % 1000000000LL};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, 0) == EINTR) {}
}

static int send_all(struct sender *me, int fd, const char *at, size_t left) {
  while (left > 0) {
    ssize_t done = write(fd, at, left);
    if (done > 0) at += done, left -= done;
    else if (errno == EINTR) continue;
    else if (is_message && (errno == ENOBUFS || errno == ECONNREFUSED)) return me->refused++, 0;
    else return fprintf(stderr, "load-generator: write: %s\n", strerror(errno)), -1;
  }
  return 0;
}

static void *run(void *argument) {
  struct sender *me = argument;
  int batch = is_message ? 1 : lines_per_write;
  char *block = malloc(line_bytes * batch);
  int is_timed = line_bytes >= TIMED_BYTES_MIN;
  const char *frame = is_timed ? TIMED : SHORT;
  size_t filler_at = strlen(frame);
  for (int i = 0; i < batch; i++) {
    memcpy(block + i * line_bytes, frame, filler_at);
    memcpy(block + (i + 1) * line_bytes - 3, "\"}\n", 3);
  }
  prctl(PR_SET_TIMERSLACK, 1);
  int fd = reach();
  pthread_barrier_wait(&all_connected);
  double interval_ns = lines_per_second > 0 ? 1e9 * senders / lines_per_second : 0;
  long long start_ns = now_ns() + (long long)(interval_ns * me->id / senders);
  me->first_ns = now_ns();
  for (long line = 0; line < lines_per_sender && now_ns() < end_ns; line += batch) {
    int count = lines_per_sender - line < batch ? lines_per_sender - line : batch;
    if (interval_ns > 0) wait_for(&start_ns, line + count - 1, interval_ns);
    long long sent_ns = TIME_FIRST + now_ns();
    for (int i = 0; i < count; i++) {
      char *at = block + i * line_bytes;
      digits(at + NUMBER_AT, NUMBER_FIRST + line + i, 10);
      digits(at + SENDER_AT, SENDER_FIRST + me->id, 4);
      if (is_timed) digits(at + TIME_AT, sent_ns, 19);
      memset(at + filler_at, 'a' + (line + i + me->id) % 26, line_bytes - filler_at - 3);
    }
    if (send_all(me, fd, block, line_bytes * count) < 0) break;
    me->sent += count;
  }
  me->last_ns = now_ns();
  close(fd);
  free(block);
  return 0;
}

int main(int count, char **words) {
  if (count != 9) return fprintf(stderr, "see the head of load-generator.c\n"), 2;
  transport = words[1], address = words[2], senders = atoi(words[3]), lines_per_sender = atol(words[4]);
  line_bytes = atol(words[5]), lines_per_write = atoi(words[6]), lines_per_second = atof(words[7]);
  is_message = !strcmp(transport, "udp") || !strcmp(transport, "unixgram");
  if (senders < 1 || senders > 8999 || lines_per_write < 1 || line_bytes < LINE_BYTES_MIN) return 2;
  signal(SIGPIPE, SIG_IGN);
  end_ns = now_ns() + atoi(words[8]) * 1000000000LL;
  alarm(atoi(words[8]) + 10); // for a write that never returns
  pthread_barrier_init(&all_connected, 0, senders);
  pthread_attr_t small;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, 128 * 1024);
  struct sender *all = calloc(senders, sizeof *all);
  for (int i = 0; i < senders; i++) {
    all[i].id = i;
    if (pthread_create(&all[i].thread, &small, run, &all[i])) return fprintf(stderr, "load-generator: no thread\n"), 2;
  }
  long sent = 0, refused = 0;
  long long first_ns = 0, last_ns = 0;
  for (int i = 0; i < senders; i++) {
    pthread_join(all[i].thread, 0);
    sent += all[i].sent, refused += all[i].refused;
    if (i == 0 || all[i].first_ns < first_ns) first_ns = all[i].first_ns;
    if (all[i].last_ns > last_ns) last_ns = all[i].last_ns;
  }
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  double cpu = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
  double epoch_ms = (clock_ns(CLOCK_REALTIME) - now_ns()) / 1e6;
  printf("{\"sent\":%ld,\"refused\":%ld,\"firstMs\":%.3f,\"lastMs\":%.3f,\"cpuSeconds\":%.3f}\n", sent, refused,
         epoch_ms + first_ns / 1e6, epoch_ms + last_ns / 1e6, cpu);
  return 0;
}
