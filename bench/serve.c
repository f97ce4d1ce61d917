/* SPDX-License-Identifier: 0BSD */
/*
 * serve.c - the servers that bench/front.py and bench/counts.py compare. All
 * do the same with a connection, in one thread around epoll: wait for its
 * request, answer, close. They differ in how they get it.
 *
 *   direct PORT      accept it: a socket of its own at 127.0.0.1 with
 *                    SO_REUSEPORT, port 0 for any; prints the port
 *   plain PATH       from a front, one byte and one descriptor
 *   ack PATH         from a front that waits for the acknowledgement
 *
 * A request "BULK N" is answered with N bytes, any other one with 64.
 */
#include "../lib/detect.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <fdferry.h>

#define ANSWER 64
#define MOST 32768		/* descriptors */

static char page[1 << 16];
static int events;
static int shared;		/* clients come from a front, which has a copy */

/* What to do when a descriptor is ready, and its channel if it has one. */
static struct {
	void (*ready)(int fd);
	struct fdferry_channel *ch;
	unsigned int wants;
} seats[MOST];

static void
die(const char *what)
{
	(void)fprintf(stderr, "serve: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void
watch(int how, int fd, uint32_t what)
{
	struct epoll_event ev = { 0, { NULL } };

	ev.events = what;
	ev.data.fd = fd;
	if (epoll_ctl(events, how, fd, &ev) < 0)
		die("epoll_ctl");
}

static void
seat(int fd, void (*ready)(int fd), struct fdferry_channel *ch)
{
	if (fd < 0 || fd >= MOST)
		die("a descriptor");
	seats[fd].ready = ready;
	seats[fd].ch = ch;
	seats[fd].wants = FDFERRY_WANT_READ;
	watch(EPOLL_CTL_ADD, fd, EPOLLIN);
}

static void
bulk(int fd, long long bytes)
{
	ssize_t n;

	while (bytes > 0) {
		n = send(fd, page, bytes < (long long)sizeof page
		    ? (size_t)bytes : sizeof page, MSG_NOSIGNAL);
		if (n <= 0)
			return;
		bytes -= n;
	}
}

/*
 * As long as the front has its copy, close() does not take a client out of
 * epoll: it would be told of under a number that is another's by then; and if
 * the front closes its copy while epoll_wait() looks at it, Linux ends the
 * connection only when that call returns, which may be never.
 */
static void
end(int fd)
{
	if (shared)
		watch(EPOLL_CTL_DEL, fd, 0);
	(void)close(fd);
}

static void
client(int fd)
{
	char request[4096];
	ssize_t n = recv(fd, request, sizeof request - 1, MSG_DONTWAIT);

	if (n < 0 && errno == EAGAIN)
		return;
	if (n > 5 && memcmp(request, "BULK ", 5) == 0) {
		request[n] = '\0';
		bulk(fd, strtoll(request + 5, NULL, 10));
	} else if (n > 0) {
		(void)send(fd, page, ANSWER, MSG_NOSIGNAL);
	}
	end(fd);
}

static void
direct(int listener)
{
	int fd;

	while ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0)
		seat(fd, client, NULL);
	if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
		die("accept4");
}

static void
plain(int link)
{
	int fd;

	while ((fd = fdferry_recv_fd(link, FDFERRY_NONBLOCK, NULL, NULL)) >= 0)
		seat(fd, client, NULL);
	if (errno != EAGAIN)
		(void)close(link);
}

static void
ack(int link)
{
	struct fdferry_event ev = { .size = sizeof ev };
	struct fdferry_channel *ch = seats[link].ch;
	unsigned int wants;

	(void)fdferry_channel_work(ch);
	while (fdferry_channel_next(ch, &ev) == 1) {
		if (ev.type == FDFERRY_EVENT_OFFER) {
			(void)fdferry_channel_accept(ch, ev.id);
			(void)fdferry_channel_work(ch);
		} else if (ev.type == FDFERRY_EVENT_TAKEN) {
			seat(ev.fds[0], client, NULL);
		} else if (ev.type == FDFERRY_EVENT_END) {
			fdferry_channel_free(ch);
			return;
		}
	}
	wants = fdferry_channel_wants(ch, NULL);
	if (wants != seats[link].wants)
		watch(EPOLL_CTL_MOD, link,
		    (wants & FDFERRY_WANT_READ ? (uint32_t)EPOLLIN : 0)
		    | (wants & FDFERRY_WANT_WRITE ? (uint32_t)EPOLLOUT : 0));
	seats[link].wants = wants;
}

static void
new_plain(int listener)
{
	int link = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	if (link >= 0)
		seat(link, plain, NULL);
}

static void
new_ack(int listener)
{
	struct fdferry_channel_opts opts = { .size = sizeof opts };
	struct fdferry_channel *ch;
	int link = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	if (link < 0)
		return;
	opts.flags = FDFERRY_GIVE;
	if ((ch = fdferry_channel_new(link, &opts)) == NULL)
		die("fdferry_channel_new");
	seat(link, ack, ch);
}

static int
tcp(int port)
{
	struct sockaddr_in at = { 0 };
	socklen_t len = sizeof at;
	int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	at.sin_family = AF_INET;
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	at.sin_port = htons((uint16_t)port);
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0
	    || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) < 0
	    || bind(fd, (struct sockaddr *)&at, sizeof at) < 0
	    || listen(fd, 1024) < 0
	    || getsockname(fd, (struct sockaddr *)&at, &len) < 0)
		die("127.0.0.1");
	printf("%d\n", ntohs(at.sin_port));
	return fd;
}

static int
local(const char *path)
{
	struct sockaddr_un at = { 0 };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	at.sun_family = AF_UNIX;
	if (strlen(path) >= sizeof at.sun_path) {
		errno = ENAMETOOLONG;
		die(path);
	}
	memcpy(at.sun_path, path, strlen(path));
	if (bind(fd, (struct sockaddr *)&at, sizeof at) < 0
	    || listen(fd, 1024) < 0)
		die(path);
	puts("ready");
	return fd;
}

int
main(int argc, char **argv)
{
	struct epoll_event ready[64];
	int i, n;

	(void)signal(SIGPIPE, SIG_IGN);
	shared = argc > 1 && strcmp(argv[1], "direct") != 0;
	if (argc != 3 || (events = epoll_create1(EPOLL_CLOEXEC)) < 0)
		return 2;
	if (strcmp(argv[1], "direct") == 0)
		seat(tcp(atoi(argv[2])), direct, NULL);
	else if (strcmp(argv[1], "plain") == 0)
		seat(local(argv[2]), new_plain, NULL);
	else if (strcmp(argv[1], "ack") == 0)
		seat(local(argv[2]), new_ack, NULL);
	else
		return 2;
	(void)fflush(stdout);
	for (;;) {
		n = epoll_wait(events, ready, 64, -1);
		for (i = 0; i < n; i++)
			seats[ready[i].data.fd].ready(ready[i].data.fd);
	}
}
