/* SPDX-License-Identifier: 0BSD */
/*
 * t/53-single.c - one descriptor a message, which every backend can: order,
 * ends, full tables, full sockets, waiting. What a kernel calls it may
 * differ; what we say of it may not.
 */
#include "../lib/detect.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "fdferry.h"
#include "tap.h"

static int pair[2];

static void
fresh(void)
{
	(void)close(pair[0]);
	(void)close(pair[1]);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0) {
		bail("socketpair");
	}
}

/* Is `fd` the same file as `other`? Closes it. */
static int
same(int fd, int other)
{
	struct stat a, b;
	int r = fd >= 0 && fstat(fd, &a) == 0 && fstat(other, &b) == 0
	    && a.st_dev == b.st_dev && a.st_ino == b.st_ino;

	(void)close(fd);
	return r;
}

static void
order(void)
{
	struct fdferry_result r;
	int null = open("/dev/null", O_RDONLY), root = open("/", O_RDONLY);
	int fd, fds[2];
	char buf[8];

	r.size = sizeof r;
	(void)fdferry_send_fd(pair[0], null, 0, NULL, NULL);
	(void)fdferry_send_fd(pair[0], root, 0, NULL, NULL);
	fd = fdferry_recv_fd(pair[1], 0, NULL, &r);
	ok(fd >= 0 && (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0
	    && r.bytes == 1 && r.fds == 1, "close-on-exec, one byte");
	ok(same(fd, null), "the first is first");
	ok(same(fdferry_recv_fd(pair[1], 0, NULL, NULL), root),
	    "the second is second");
	ok(fdferry_send(pair[0], "abc", 3, &root, 1, 0, NULL, &r) == 3
	    && r.fds == 1, "three bytes and a descriptor");
	ok(fdferry_recv(pair[1], buf, 3, fds, 2, 0, NULL, &r) == 3
	    && memcmp(buf, "abc", 3) == 0 && r.fds == 1
	    && same(fds[0], root), "arrive together");
	(void)fdferry_send_fd(pair[0], null, 0, NULL, NULL);
	ok(fdferry_recv(pair[1], buf, 1, NULL, 0, 0, NULL, &r) == 1
	    && r.surplus == 1 && r.error == EMSGSIZE,
	    "no room: closed and counted");
	(void)close(null);
	(void)close(root);
}

static void
wrong(void)
{
	struct fdferry_result r;
	size_t i, n = fdferry_max_fds() + 1;
	int *many = calloc(n, sizeof *many);

	r.size = sizeof r;
	for (i = 0; many != NULL && i < n; i++)
		many[i] = 0;
	ok(fdferry_send(pair[0], "a", 1, many, n, 0, NULL, &r) == -1
	    && errno == EINVAL, "more than fdferry_max_fds(): EINVAL");
	free(many);
	ok(fdferry_send_fd(pair[0], 0, 0, NULL, NULL) == 0, "one goes");
	ok(same(fdferry_recv_fd(pair[1], 0, NULL, NULL), 0),
	    "and nothing of the refused was sent");
	ok(fdferry_send(pair[0], "", 0, pair, 1, 0, NULL, NULL) == -1
	    && errno == EINVAL, "no data on a stream: EINVAL");
	ok(fdferry_recv_fd(pair[1], FDFERRY_NONBLOCK, NULL, NULL) == -1
	    && errno == EAGAIN, "nothing there: EAGAIN");
}

static void
full_table(void)
{
	struct fdferry_result r;
	struct rlimit old, low;
	int fd, lowest;

	r.size = sizeof r;
	(void)fdferry_send_fd(pair[0], 0, 0, NULL, NULL);
	lowest = dup(0);
	(void)close(lowest);
	(void)getrlimit(RLIMIT_NOFILE, &old);
	low = old;
	low.rlim_cur = (rlim_t)lowest;
	(void)setrlimit(RLIMIT_NOFILE, &low);
	fd = fdferry_recv_fd(pair[1], 0, NULL, &r);
	(void)setrlimit(RLIMIT_NOFILE, &old);
	ok(fd == -1 && r.error == EMFILE, "the table is full: EMFILE");
	fresh();
}

/* A receiver that takes nothing: EAGAIN, whatever the system calls it. */
static void
full_socket(void)
{
	struct fdferry_result r;
	struct fdferry_opts opts;
	struct timespec soon, before, after;
	long ms;
	int i, error = 0;

	r.size = sizeof r;
	for (i = 0; i < 100000 && error == 0; i++)
		if (fdferry_send_fd(pair[0], 0, FDFERRY_NONBLOCK, NULL, &r) < 0)
			error = errno;
	if (error == ETOOMANYREFS) {
		skip("full: EAGAIN", "too many in flight before");
		skip("full: the deadline", "too many in flight before");
		fresh();
		return;
	}
	ok(error == EAGAIN, "full: EAGAIN");
	memset(&opts, 0, sizeof opts);
	opts.size = sizeof opts;
	opts.deadline = &soon;
	(void)clock_gettime(CLOCK_MONOTONIC, &before);
	(void)fdferry_deadline(&soon, 100);
	error = fdferry_send_fd(pair[0], 0, 0, &opts, &r) < 0 ? errno : 0;
	(void)clock_gettime(CLOCK_MONOTONIC, &after);
	ms = (long)(after.tv_sec - before.tv_sec) * 1000
	    + (after.tv_nsec - before.tv_nsec) / 1000000;
	ok(error == ETIMEDOUT && ms >= 99 && ms < 20000,
	    "full: the deadline passes, on a blocking socket");
	fresh();
}

static void
ends(void)
{
	struct fdferry_result r;

	r.size = sizeof r;
	(void)fdferry_send_fd(pair[0], 0, 0, NULL, NULL);
	(void)close(pair[0]);
	ok(same(fdferry_recv_fd(pair[1], 0, NULL, NULL), 0),
	    "what was sent before the end arrives");
	ok(fdferry_recv_fd(pair[1], 0, NULL, &r) == -1
	    && errno == ECONNRESET && (r.flags & FDFERRY_EOF) != 0, "the end");
	pair[0] = -1;
	fresh();
	(void)close(pair[1]);
	pair[1] = -1;
	ok(fdferry_send_fd(pair[0], 0, 0, NULL, NULL) == -1 && errno == EPIPE,
	    "no receiver: EPIPE, and no signal");
	ok(fdferry_send(pair[0], "a", 1, NULL, 0, 0, NULL, NULL) == -1
	    && errno == EPIPE, "data alone: the same");
	fresh();
}

/* A system's own limit of descriptors in flight; a persona is told to say. */
static void
in_flight(void)
{
	if (setenv("PERSONA_IN_FLIGHT", "1", 1) < 0
	    || fdferry_send_fd(pair[0], 0, 0, NULL, NULL) == 0)
		skip("too many in flight", "this kernel cannot be told to");
	else
		ok(errno == ETOOMANYREFS, "too many in flight: ETOOMANYREFS");
	(void)unsetenv("PERSONA_IN_FLIGHT");
	fresh();
}

static void
users(void)
{
	struct fdferry_peercred peer;

	peer.size = sizeof peer;
	if (strcmp(fdferry_feature_get("peercred"), "none") == 0) {
		ok(fdferry_peer(pair[0], &peer) == -1 && errno == ENOTSUP,
		    "the system tells no peer: ENOTSUP");
		return;
	}
	ok(fdferry_peer(pair[0], &peer) == 0
	    && (peer.known & FDFERRY_PEER_UID) != 0
	    && peer.uid == (unsigned long)geteuid()
	    && (!(peer.known & FDFERRY_PEER_PID) || peer.pid == (long)getpid())
	    && (!(peer.known & FDFERRY_PEER_GID)
	    || peer.gid == (unsigned long)getegid()), "the peer is ourselves");
}

int
main(void)
{
	int before;

	if (strcmp(fdferry_feature_get("backend"), "none") == 0) {
		printf("1..0 # SKIP no backend\n");
		return 0;
	}
	plan(21);
	pair[0] = pair[1] = -1;
	fresh();
	before = open_fds();
	order();
	wrong();
	full_table();
	full_socket();
	ends();
	in_flight();
	users();
	ok(open_fds() == before, "nothing is open that was not");
	return tap_bad;
}
