/* SPDX-License-Identifier: 0BSD */
/*
 * serve.c - the servers that bench/front.py and bench/counts.py compare. All
 * do the same with a connection: read a request, answer, close. They differ
 * in how they get it.
 *
 *   direct PORT      accept it: a socket of its own at 127.0.0.1 with
 *                    SO_REUSEPORT, port 0 for any; prints the port
 *   plain PATH       from a front, one byte and one descriptor
 *   ack PATH         from a front that waits for the acknowledgement
 *
 * A request "BULK N" is answered with N bytes, any other one with 64. Each
 * link of a front has a thread, so that a worker of one front spends no call
 * on finding out who has something to say.
 */
#include "../lib/detect.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <fdferry.h>

#define ANSWER 64

static char page[1 << 16];

static void
die(const char *what)
{
	(void)fprintf(stderr, "serve: %s: %s\n", what, strerror(errno));
	exit(1);
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

static void
answer(int fd)
{
	char request[4096];
	ssize_t n = recv(fd, request, sizeof request - 1, 0);

	if (n > 5 && memcmp(request, "BULK ", 5) == 0) {
		request[n] = '\0';
		bulk(fd, strtoll(request + 5, NULL, 10));
	} else if (n > 0) {
		(void)send(fd, page, ANSWER, MSG_NOSIGNAL);
	}
	(void)close(fd);
}

static void
direct(int port)
{
	struct sockaddr_in at = { 0 };
	socklen_t len = sizeof at;
	int on = 1, fd = socket(AF_INET, SOCK_STREAM, 0);

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
	(void)fflush(stdout);
	for (;;) {
		int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

		if (client >= 0)
			answer(client);
		else if (errno != EINTR && errno != ECONNABORTED)
			die("accept4");
	}
}

static void *
plain(void *link)
{
	int sock = (int)(intptr_t)link, fd;

	while ((fd = fdferry_recv_fd(sock, 0, NULL, NULL)) >= 0)
		answer(fd);
	(void)close(sock);
	return NULL;
}

static void *
ack(void *link)
{
	struct fdferry_channel_opts opts = { .size = sizeof opts };
	struct fdferry_event ev = { .size = sizeof ev };
	struct fdferry_channel *ch;

	opts.flags = FDFERRY_GIVE;
	ch = fdferry_channel_new((int)(intptr_t)link, &opts);
	if (ch == NULL)
		die("fdferry_channel_new");
	while (fdferry_channel_wait(ch, &ev, NULL) == 1
	    && ev.type != FDFERRY_EVENT_END) {
		if (ev.type == FDFERRY_EVENT_OFFER)
			(void)fdferry_channel_accept(ch, ev.id);
		else if (ev.type == FDFERRY_EVENT_TAKEN)
			answer(ev.fds[0]);
	}
	fdferry_channel_free(ch);
	return NULL;
}

static void
links(const char *path, void *(*each)(void *))
{
	struct sockaddr_un at = { 0 };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	pthread_attr_t attr;
	pthread_t thread;

	at.sun_family = AF_UNIX;
	if (strlen(path) >= sizeof at.sun_path) {
		errno = ENAMETOOLONG;
		die(path);
	}
	memcpy(at.sun_path, path, strlen(path));
	if (bind(fd, (struct sockaddr *)&at, sizeof at) < 0
	    || listen(fd, 1024) < 0)
		die(path);
	(void)pthread_attr_init(&attr);
	(void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	(void)pthread_attr_setstacksize(&attr, 256 * 1024);
	puts("ready");
	(void)fflush(stdout);
	for (;;) {
		int link = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

		if (link < 0 || pthread_create(&thread, &attr, each,
		    (void *)(intptr_t)link) != 0)
			die("a link");
	}
}

int
main(int argc, char **argv)
{
	(void)signal(SIGPIPE, SIG_IGN);
	if (argc == 3 && strcmp(argv[1], "direct") == 0)
		direct(atoi(argv[2]));
	else if (argc == 3 && strcmp(argv[1], "plain") == 0)
		links(argv[2], plain);
	else if (argc == 3 && strcmp(argv[1], "ack") == 0)
		links(argv[2], ack);
	return 2;
}
