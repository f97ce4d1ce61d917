/* SPDX-License-Identifier: 0BSD */
/*
 * kit.h - what the tests of messages share. Included after detect.h.
 */
#ifndef KIT_H
#define KIT_H 1

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../lib/fdferry.h"
#include "tap.h"

/* Systems of old; detect.h, which came before, has noticed. */
#ifndef MSG_NOSIGNAL
# define MSG_NOSIGNAL 0
#endif
#ifndef CLOCK_MONOTONIC
# define CLOCK_MONOTONIC CLOCK_REALTIME	/* HP-UX */
#endif
#ifndef MSG_DONTWAIT
# define MSG_DONTWAIT 0
#endif
#ifndef SOCK_SEQPACKET
# define SOCK_SEQPACKET (-1)
#endif

/* Every program uses some of these only, and not all are linked with what
   they call: what is inline and not used is not compiled, even with -O0. */
#define KIT static inline

/* The same open file, as far as can be told from outside. NetBSD gives a Unix
   socket its number when it is asked the first time, and says 0 then. */
KIT int
same_file(int a, int b)
{
	struct stat x, y;

	(void)fstat(a, &x);
	return fstat(a, &x) == 0 && fstat(b, &y) == 0
	    && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* `n` descriptors, or as many as one message can have here. */
KIT size_t
at_most(size_t n)
{
	return n < fdferry_max_fds() ? n : fdferry_max_fds();
}

KIT int
is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

KIT struct fdferry_result
fresh(void)
{
	struct fdferry_result r;

	memset(&r, 0x55, sizeof r);
	r.size = sizeof r;
	return r;
}

KIT struct fdferry_opts
no_opts(void)
{
	struct fdferry_opts o;

	memset(&o, 0, sizeof o);
	o.size = sizeof o;
	return o;
}

/* Milliseconds on the clock of deadlines. */
KIT long
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (long)(t.tv_sec % 1000000) * 1000 + t.tv_nsec / 1000000;
}

KIT void
need_backend(void)
{
	if (fdferry_max_fds() == 0)
		skip_all("no backend");
	if (fdferry_max_fds() < 3)
		skip_all("fewer than three descriptors a message");
}

/* Has this machine (or this view of it) a loopback interface, and is it up? */
KIT int
have_loopback(void)
{
	struct sockaddr_in in;
	struct sockaddr *at = (struct sockaddr *)(void *)&in;
	socklen_t len = sizeof in;
	int s = socket(AF_INET, SOCK_DGRAM, 0), is_up;

	memset(&in, 0, sizeof in);
	in.sin_family = AF_INET;
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	is_up = s >= 0 && bind(s, at, sizeof in) == 0
	    && getsockname(s, at, &len) == 0 && connect(s, at, len) == 0;
	if (s >= 0)
		(void)close(s);
	return is_up;
}

/* So many tests that need it are skipped where it is missing. */
KIT int
skip_without_loopback(int tests, const char *name)
{
	if (have_loopback())
		return 0;
	while (tests-- > 0)
		skip(name, "no loopback");
	return 1;
}

/* Is nothing there to be read? */
KIT int
is_quiet(int sock)
{
	struct pollfd p;

	p.fd = sock;
	p.events = POLLIN;
	return poll(&p, 1, 0) == 0;
}

/* The limit after it was tried: old musl takes one less than the kernel. */
KIT size_t
limit(void)
{
	int pair[2], fds[1024];

	memset(fds, 0, sizeof fds);
	(void)make_pair(SOCK_STREAM, pair);
	(void)fdferry_send(pair[0], "x", 1, fds, fdferry_max_fds(), 0, NULL,
	    NULL);
	fdferry_close(pair, 2);
	return fdferry_max_fds();
}

/* A signal that only interrupts. */
KIT void
on_signal(int sig)
{
	(void)sig;
}

#endif
