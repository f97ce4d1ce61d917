/* SPDX-License-Identifier: 0BSD */
/*
 * t/54-most.c - as many descriptors as fdferry_max_fds() promises really go
 * in one message, and arrive in order; and what a full datagram queue is
 * called.
 */
#include "../lib/detect.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fdferry.h"
#include "tap.h"

static int pair[2];

static void
most(size_t n)
{
	struct fdferry_result r;
	struct stat even, odd, st;
	int *fds = calloc(n, sizeof *fds), *got = calloc(n, sizeof *got);
	int in_order = 1, before = open_fds();
	size_t i;
	char byte = 'x';

	/* NetBSD numbers a Unix socket when it is asked first, and says 0. */
	(void)fstat(pair[0], &even);
	(void)fstat(pair[1], &odd);
	if (fds == NULL || got == NULL || fstat(pair[0], &even) < 0
	    || fstat(pair[1], &odd) < 0) {
		bail("no memory");
	}
	for (i = 0; i < n; i++)
		fds[i] = pair[i % 2];
	r.size = sizeof r;
	ok(fdferry_send(pair[0], &byte, 1, fds, n, 0, NULL, &r) == 1
	    && r.fds == n, "fdferry_max_fds() descriptors are sent");
	r.fds = 0;
	ok(fdferry_recv(pair[1], &byte, 1, got, n, FDFERRY_NONBLOCK, NULL, &r)
	    == 1 && r.fds == n && r.error == 0 && r.flags == 0,
	    "and received, nothing cut");
	for (i = 0; i < r.fds; i++)
		if (fstat(got[i], &st) < 0
		    || st.st_ino != (i % 2 == 0 ? even.st_ino : odd.st_ino))
			in_order = 0;
	ok(in_order, "in order");
	fdferry_close(got, r.fds);
	ok(open_fds() == before, "nothing leaks");
	(void)fdferry_send(pair[0], &byte, 1, fds, n, 0, NULL, NULL);
	ok(fdferry_recv(pair[1], &byte, 1, got, n - 1, FDFERRY_NONBLOCK, NULL,
	    &r) == 1 && r.fds == n - 1 && r.surplus == 1,
	    "one more than there is room for: closed and counted");
	fdferry_close(got, r.fds);
	ok(open_fds() == before, "nothing leaks");
	free(fds);
	free(got);
}

/* The limit falls once where the C library takes fewer (old musl): before
   the first message, it is a promise of the kernel alone. */
static size_t
settled(void)
{
	size_t n = fdferry_max_fds(), i;
	int *fds = calloc(n, sizeof *fds);
	char byte = 'x';

	if (fds == NULL) {
		bail("no memory");
	}
	for (i = 0; i < n; i++)
		fds[i] = pair[0];
	if (fdferry_send(pair[0], &byte, 1, fds, n, 0, NULL, NULL) == 1)
		(void)fdferry_recv(pair[1], &byte, 1, NULL, 0,
		    FDFERRY_NONBLOCK, NULL, NULL);
	free(fds);
	return fdferry_max_fds();
}

static void
full_queue(void)
{
	int sock[2], i, error = 0;

	if (strcmp(fdferry_feature_get("backend"), "streams") == 0
	    || socketpair(AF_UNIX, SOCK_DGRAM, 0, sock) < 0) {
		skip("a full datagram queue", "no datagrams");
		return;
	}
	for (i = 0; i < 100000 && error == 0; i++)
		if (fdferry_send(sock[0], "a", 1, NULL, 0, FDFERRY_NONBLOCK,
		    NULL, NULL) < 0)
			error = errno;
	ok(error == EAGAIN, "a full datagram queue: EAGAIN");
	fdferry_close(sock, 2);
}

int
main(void)
{
	struct rlimit limit;

	if (strcmp(fdferry_feature_get("backend"), "none") == 0) {
		printf("1..0 # SKIP no backend\n");
		return 0;
	}
	(void)getrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur < 1024 && limit.rlim_max >= 1024) {
		limit.rlim_cur = 1024;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
	plan(7);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0) {
		bail("socketpair");
	}
	most(settled());
	full_queue();
	return tap_bad;
}
