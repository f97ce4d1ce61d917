/* SPDX-License-Identifier: 0BSD */
/*
 * load.c - clients of 127.0.0.1, a bounded number of them.
 *
 *   run PORT COUNT AT_ONCE    COUNT connections, AT_ONCE at a time, each: a
 *                             request, an answer of 64 bytes, the server's
 *                             end, a reset. Prints
 *                             nanoseconds, p50, p99, failures
 *   each PORT COUNT PID       the same one by one, and none before process
 *                             PID sleeps; nor its request, once connected
 *   hold PORT COUNT           connect and say nothing until stdin ends
 *   bulk PORT BYTES           ask for BYTES and read them; prints nanoseconds
 *
 * then, if wanted, the source address and the request. Clients close by a
 * reset, so that no port waits in TIME_WAIT for its next use. A minute
 * without an event ends it.
 */
#include "../lib/detect.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ANSWER 64
#define MOST 1024		/* at a time */
#define PATIENCE 60000		/* milliseconds */

struct client {
	int fd;
	int asked;
	size_t got;
	long long begin;
};

static struct sockaddr_in server, source;
static const char *request = "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n";
static struct client clients[MOST];
static long long *times;
static long done, failed, started, count;
static int events;
static long sleeper;		/* its sleep is waited for, if not 0 */

static void
die(const char *what)
{
	(void)fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(1);
}

static long long
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* A connection that will be closed by a reset, with flags of socket(). */
static int
dial(int flags)
{
	struct linger reset = { 1, 0 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset,
	    sizeof reset) < 0)
		die("socket");
	if (source.sin_addr.s_addr != 0
	    && bind(fd, (struct sockaddr *)&source, sizeof source) < 0)
		die("bind");
	if (connect(fd, (struct sockaddr *)&server, sizeof server) < 0
	    && errno != EINPROGRESS)
		die("connect");
	return fd;
}

static void
start(struct client *c)
{
	struct epoll_event ev = { 0, { NULL } };

	started++;
	c->asked = 0;
	c->got = 0;
	c->begin = now();
	c->fd = dial(SOCK_NONBLOCK);
	ev.events = EPOLLIN | EPOLLOUT | EPOLLET;
	ev.data.ptr = c;
	if (epoll_ctl(events, EPOLL_CTL_ADD, c->fd, &ev) < 0)
		die("epoll_ctl");
}

static void
finish(struct client *c, int good)
{
	times[done++] = now() - c->begin;
	failed += !good;
	(void)close(c->fd);
	c->fd = -1;
}

/* Wait, not for ever, until the process has slept for a while. */
static void
quiet(long pid)
{
	struct timespec pause = { 0, 200000 };
	char path[64], line[512], *end;
	int asleep = 0, looks;
	FILE *f;

	(void)snprintf(path, sizeof path, "/proc/%ld/stat", pid);
	for (looks = 0; asleep < 4 && looks < 100000; looks++) {
		(void)nanosleep(&pause, NULL);
		if ((f = fopen(path, "r")) == NULL)
			die(path);
		end = fgets(line, sizeof line, f) == NULL ? NULL
		    : strrchr(line, ')');
		(void)fclose(f);
		asleep = end != NULL && end[1] == ' ' && end[2] == 'S'
		    ? asleep + 1 : 0;
	}
}

static void
go_on(struct client *c)
{
	char page[4096];
	ssize_t n;

	if (!c->asked) {
		if (sleeper > 0)
			quiet(sleeper);
		n = send(c->fd, request, strlen(request), MSG_NOSIGNAL);
		if (n < 0 && (errno == EAGAIN || errno == ENOTCONN))
			return;
		c->asked = 1;
		if (n < 0) {
			finish(c, 0);
			return;
		}
	}
	while ((n = recv(c->fd, page, sizeof page, 0)) > 0)
		c->got += (size_t)n;
	if (n == 0 || errno != EAGAIN)
		finish(c, n == 0 && c->got == ANSWER);
}

static void
run(long at_once)
{
	struct epoll_event ready[64];
	struct client *c;
	int i, n;

	for (i = 0; i < at_once && started < count; i++)
		start(&clients[i]);
	while (done < count) {
		n = epoll_wait(events, ready, 64, PATIENCE);
		if (n == 0)
			errno = ETIMEDOUT;
		if (n <= 0)
			die("epoll_wait");
		for (i = 0; i < n; i++) {
			c = ready[i].data.ptr;
			if (c->fd >= 0)
				go_on(c);
			if (c->fd < 0 && started < count)
				start(c);
		}
	}
}

static void
each(long pid)
{
	long all = count;

	sleeper = pid;
	for (count = 1; count <= all; count++) {
		quiet(pid);
		run(1);
	}
	quiet(pid);
	count = all;
}

static void
hold(void)
{
	long i;

	for (i = 0; i < count; i++)
		(void)dial(0);
	puts("held");
	(void)fflush(stdout);
	while (getchar() != EOF)
		continue;
}

static void
bulk(void)
{
	static char page[1 << 17];
	char line[64];
	long long left = count, begin = now();
	ssize_t n;
	int fd = dial(0), len = snprintf(line, sizeof line, "BULK %ld\n", count);

	if (send(fd, line, (size_t)len, MSG_NOSIGNAL) != len)
		die("send");
	for (; left > 0; left -= n)
		if ((n = recv(fd, page, sizeof page, 0)) <= 0)
			die("recv");
	printf("%lld\n", now() - begin);
	(void)close(fd);
}

static int
longer(const void *a, const void *b)
{
	long long x = *(const long long *)a, y = *(const long long *)b;

	return (x > y) - (x < y);
}

int
main(int argc, char **argv)
{
	int of_run = argc > 4 && (strcmp(argv[1], "run") == 0
	    || strcmp(argv[1], "each") == 0);
	int more = of_run ? 5 : 4;
	long long begin;

	if (argc < 4 || argc > more + 2)
		return 2;
	server.sin_family = source.sin_family = AF_INET;
	server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	server.sin_port = htons((uint16_t)atoi(argv[2]));
	count = strtol(argv[3], NULL, 10);
	if (argc > more)
		(void)inet_pton(AF_INET, argv[more], &source.sin_addr);
	if (argc > more + 1)
		request = argv[more + 1];
	if (strcmp(argv[1], "hold") == 0)
		return hold(), 0;
	if (strcmp(argv[1], "bulk") == 0)
		return bulk(), 0;
	events = epoll_create1(EPOLL_CLOEXEC);
	times = calloc((size_t)count, sizeof *times);
	if (!of_run || events < 0 || times == NULL || strtol(argv[4], NULL, 10) < 1)
		return 2;
	begin = now();
	if (strcmp(argv[1], "each") == 0)
		each(strtol(argv[4], NULL, 10));
	else
		run(strtol(argv[4], NULL, 10) > MOST ? MOST
		    : strtol(argv[4], NULL, 10));
	begin = now() - begin;
	qsort(times, (size_t)count, sizeof *times, longer);
	printf("%lld %lld %lld %ld\n", begin, times[count / 2],
	    times[count - 1 - count / 100], failed);
	return failed > 0;
}
