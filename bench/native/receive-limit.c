// The least that a receiver can do, with which any aggregator on this machine can be compared. One thread, no checks, no counts.
//   receive-limit TRANSPORT ADDRESS FILE [RECEIVE_BUFFER_BYTES]
// Streams: one read, one write of the whole lines in it, the rest is kept. Messages: recvmmsg, then one writev.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

enum { READ_BYTES = 256 * 1024, MESSAGES = 256, MESSAGE_BYTES = 65536, EVENTS = 64 };
struct channel { int fd; size_t kept; char bytes[2 * READ_BYTES]; };
static int out;

static void must(long ok, const char *what) {
  if (ok < 0) perror(what), exit(1);
}

static void store(const char *at, size_t left) {
  for (ssize_t done; left > 0; at += done, left -= done) must(done = write(out, at, left), "write");
}

static int take(struct channel *from) {
  ssize_t got = read(from->fd, from->bytes + from->kept, READ_BYTES);
  if (got <= 0) return got < 0 && errno == EAGAIN;
  size_t end = from->kept + got;
  char *last = memrchr(from->bytes, '\n', end);
  size_t whole = last ? last + 1 - from->bytes : 0;
  store(from->bytes, whole);
  memmove(from->bytes, from->bytes + whole, from->kept = end - whole);
  return from->kept <= READ_BYTES;
}

static void take_messages(int fd) {
  static struct mmsghdr headers[MESSAGES];
  static struct iovec slots[MESSAGES], filled[MESSAGES];
  for (int i = 0; i < MESSAGES; i++) {
    slots[i] = (struct iovec){malloc(MESSAGE_BYTES), MESSAGE_BYTES};
    headers[i].msg_hdr.msg_iov = &slots[i], headers[i].msg_hdr.msg_iovlen = 1;
  }
  for (;;) {
    int count = recvmmsg(fd, headers, MESSAGES, MSG_WAITFORONE, 0);
    for (int i = 0; i < count; i++) filled[i] = (struct iovec){slots[i].iov_base, headers[i].msg_len};
    if (count > 0) must(writev(out, filled, count), "writev");
  }
}

static void serve(int listener) {
  int watch = epoll_create1(0);
  struct epoll_event event = {EPOLLIN, {.ptr = 0}}, events[EVENTS];
  must(listen(listener, 4096), "listen");
  epoll_ctl(watch, EPOLL_CTL_ADD, listener, &event);
  for (;;) {
    int count = epoll_wait(watch, events, EVENTS, -1);
    for (int i = 0; i < count; i++) {
      struct channel *channel = events[i].data.ptr;
      if (channel == 0) {
        channel = malloc(sizeof *channel);
        channel->kept = 0;
        channel->fd = accept4(listener, 0, 0, SOCK_NONBLOCK);
        event.data.ptr = channel;
        epoll_ctl(watch, EPOLL_CTL_ADD, channel->fd, &event);
      } else if (!take(channel)) {
        close(channel->fd);
        free(channel);
      }
    }
  }
}

int main(int count, char **words) {
  const char *transport = words[1], *address = words[2];
  int is_message = !strcmp(transport, "udp") || !strcmp(transport, "unixgram"), buffer = count > 4 ? atoi(words[4]) : 0;
  must(out = open(words[3], O_WRONLY | O_CREAT | O_APPEND, 0600), words[3]);
  if (!strcmp(transport, "fifo")) {
    struct channel *channel = calloc(1, sizeof *channel);
    must(mkfifo(address, 0600), address);
    must(channel->fd = open(address, O_RDWR), address);
    fcntl(channel->fd, F_SETPIPE_SZ, 1024 * 1024);
    while (take(channel)) {}
    return 0;
  }
  struct sockaddr_un path = {AF_UNIX, {0}};
  strncpy(path.sun_path, address, sizeof path.sun_path - 1);
  struct sockaddr_in port = {AF_INET, htons(atoi(address)), {htonl(INADDR_LOOPBACK)}, {0}};
  int is_path = !strncmp(transport, "unix", 4), one = 1;
  int fd = socket(is_path ? AF_UNIX : AF_INET, is_message ? SOCK_DGRAM : SOCK_STREAM, 0);
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (buffer && setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer) < 0)
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  must(bind(fd, is_path ? (void *)&path : (void *)&port, is_path ? sizeof path : sizeof port), "bind");
  if (is_message) take_messages(fd);
  serve(fd);
}
