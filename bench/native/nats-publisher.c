// Publishes a file to a stream of NATS JetStream in blocks of whole lines, as the forwarder does: the same block size,
// window, ids and headers (without the CRC). It keeps no checkpoint and compares nothing: it is what the client library
// can do.
//
//   cc -O2 -o nats-publisher nats-publisher.c -lnats      (Debian: libnats-dev)
//   nats-publisher URL SUBJECT FILE BLOCK_BYTES WINDOW
//
// Prints {"seconds":…,"bytes":…,"blocks":…} when all is acknowledged.
#define _GNU_SOURCE
#include <fcntl.h>
#include <nats/nats.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void check(natsStatus status, const char *what) {
	if (status == NATS_OK) return;
	fprintf(stderr, "%s: %s\n", what, natsStatus_GetText(status));
	exit(1);
}

static double now(void) {
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static void refused(jsCtx *context, jsPubAckErr *error, void *closure) {
	(void)context;
	(void)closure;
	fprintf(stderr, "refused: %s\n", error->ErrText);
	exit(1);
}

static int count_lines(const char *block, int bytes) {
	int lines = 0;
	for (const char *at = block; (at = memchr(at, '\n', block + bytes - at)) != NULL; at++) lines++;
	return lines;
}

static natsMsg *message(const char *subject, long offset, const char *block, int bytes) {
	natsMsg *made = NULL;
	char text[64];
	check(natsMsg_Create(&made, subject, NULL, block, bytes), "message");
	natsMsgHeader_Set(made, "Log-Version", "1");
	natsMsgHeader_Set(made, "Log-File", "0123456789abcdef");
	snprintf(text, sizeof text, "%ld", offset);
	natsMsgHeader_Set(made, "Log-Offset", text);
	snprintf(text, sizeof text, "%d", bytes);
	natsMsgHeader_Set(made, "Log-Length", text);
	snprintf(text, sizeof text, "%d", count_lines(block, bytes));
	natsMsgHeader_Set(made, "Log-Lines", text);
	natsMsgHeader_Set(made, "Log-Host", "c");
	snprintf(text, sizeof text, "0123456789abcdef:%ld:%d:0", offset, bytes);
	natsMsgHeader_Set(made, "Nats-Msg-Id", text);
	return made;
}

int main(int argc, char **argv) {
	if (argc != 6) return 2;
	const char *subject = argv[2];
	int block_bytes = atoi(argv[4]);
	int fd = open(argv[3], O_RDONLY);
	char *block = malloc(block_bytes);
	if (fd < 0 || block == NULL) return 1;
	natsConnection *connection = NULL;
	jsCtx *context = NULL;
	jsOptions options;
	double started = now();
	check(natsConnection_ConnectTo(&connection, argv[1]), "connect");
	check(jsOptions_Init(&options), "options");
	options.PublishAsync.MaxPending = atoi(argv[5]);
	options.PublishAsync.ErrHandler = refused;
	check(natsConnection_JetStream(&context, connection, &options), "JetStream");
	long offset = 0;
	int blocks = 0;
	for (;;) {
		ssize_t bytes = pread(fd, block, block_bytes, offset);
		char *end = bytes <= 0 ? NULL : memrchr(block, '\n', bytes);
		if (end == NULL) break;
		int length = end + 1 - block;
		natsMsg *made = message(subject, offset, block, length);
		check(js_PublishMsgAsync(context, &made, NULL), "publish");
		offset += length;
		blocks++;
	}
	check(js_PublishAsyncComplete(context, NULL), "complete");
	printf("{\"seconds\":%.4f,\"bytes\":%ld,\"blocks\":%d}\n", now() - started, offset, blocks);
	return 0;
}
