/* SPDX-License-Identifier: 0BSD */
/*
 * t/13-ownership.c - law 6: sending borrows, GIVE gives once and only what
 * the kernel has taken; close() is local, shutdown() is not.
 */
#include "../lib/detect.h"
#include "kit.h"

#include <netinet/in.h>

static int pair[2];
static int got[8];
static char big[1 << 20];
static struct fdferry_result r;

static void
give(void)
{
	const size_t n = at_most(5);	/* three at least: need_backend() */
	int fds[5];

	fds[0] = dup(0);
	fds[1] = dup(0);
	fds[2] = fds[0];
	fds[3] = n > 3 ? dup(0) : fds[1];
	fds[4] = fds[1];
	is(1, fdferry_send(pair[0], "x", 1, fds, n, 0, NULL, &r),
	    "law 6: sending borrows");
	ok(is_open(fds[0]) && is_open(fds[1]) && is_open(fds[3]),
	    "law 6: ours stay open");
	(void)fdferry_recv(pair[1], big, 1, got, 8, 0, NULL, &r);
	fdferry_close(got, r.fds);
	is(1, fdferry_send(pair[0], "x", 1, fds, n, FDFERRY_GIVE, NULL, &r),
	    "law 6: GIVE, some listed twice");
	ok(!is_open(fds[0]) && !is_open(fds[1]) && !is_open(fds[3]),
	    "law 6: ours are closed");
	ok(fds[2] == fds[0], "law 6: our list is not written to");
	(void)fdferry_recv(pair[1], big, 1, got, 8, 0, NULL, &r);
	is((long)n, (long)r.fds, "law 6: one listed twice is sent twice");
	fdferry_close(got, r.fds);
}

static void
give_and_fail(void)
{
	int fds[2], other = socket(AF_INET, SOCK_DGRAM, 0);

	fds[0] = dup(0);
	fds[1] = dup(0);
	(void)close(fds[1]);
	fails_with(EBADF, fdferry_send(pair[0], "x", 1, fds, 2, FDFERRY_GIVE, NULL,
	    &r), "law 6: GIVE with one that is closed");
	ok(is_open(fds[0]), "law 6: nothing is closed on failure");
	fails_with(EAFNOSUPPORT, fdferry_send_fd(other, fds[0], FDFERRY_GIVE, NULL,
	    &r), "law 6: GIVE through a socket that carries none");
	ok(is_open(fds[0]), "law 6: it is not lost");
	(void)close(other);
	(void)close(fds[0]);
}

/* Told that it is a Unix domain socket, it is not asked: what the kernel does
   with TCP is what happens, and what it took is closed. */
static void
foreign_believed(int c, int s)
{
	int fd = dup(0);
	int sent = fdferry_send_fd(c, fd, FDFERRY_GIVE | FDFERRY_UNIX, NULL, &r);

	ok(sent == 0 ? r.fds == 1 && r.error == 0 && !is_open(fd)
	    : r.fds == 0 && r.error != 0 && is_open(fd),
	    "FDFERRY_UNIX of TCP: as the kernel says, all or nothing");
	is(sent == 0 ? 1 : -1, fdferry_recv(s, big, 8, got, 8,
	    FDFERRY_NONBLOCK, NULL, &r), "the byte arrives if it was sent");
	is(0, (long)r.fds, "and no descriptor");
	(void)close(fd);
}

/* Linux takes descriptors for TCP, reports success, and drops them. */
static void
foreign(void)
{
	struct sockaddr_in in;
	socklen_t len = sizeof in;
	int l = socket(AF_INET, SOCK_STREAM, 0), c, s;

	memset(&in, 0, sizeof in);
	in.sin_family = AF_INET;
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	c = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(l, (struct sockaddr *)(void *)&in, sizeof in) < 0
	    || listen(l, 1) < 0
	    || getsockname(l, (struct sockaddr *)(void *)&in, &len) < 0
	    || connect(c, (struct sockaddr *)(void *)&in, sizeof in) < 0
	    || (s = accept(l, NULL, NULL)) < 0)
		bail("loopback");
	fails_with(EAFNOSUPPORT, fdferry_send_fd(c, 0, 0, NULL, &r),
	    "law 5: descriptors through TCP are refused");
	ok(is_quiet(s), "and nothing is sent");
	is(2, fdferry_send(c, "ab", 2, NULL, 0, 0, NULL, &r), "data is");
	is(2, fdferry_recv(s, big, 8, got, 8, 0, NULL, &r), "and arrives");
	foreign_believed(c, s);
	(void)close(s);
	(void)close(c);
	(void)close(l);
}

/* The kernel takes some bytes and all descriptors; then it is full. */
static void
give_in_part(void)
{
	int fd = dup(0);
	ptrdiff_t sent, left;
	size_t came;

	sent = fdferry_send(pair[0], big, sizeof big, &fd, 1,
	    FDFERRY_GIVE | FDFERRY_NONBLOCK, NULL, &r);
	ok(sent > 0 && sent < (ptrdiff_t)sizeof big, "a stream takes some");
	ok(r.fds == 1 && r.error == EAGAIN && (ptrdiff_t)r.bytes == sent,
	    "law 3: how much, and why not more");
	ok(!is_open(fd), "law 6: the descriptor has gone, so ours is closed");
	fd = dup(0);
	fails_with(EAGAIN, fdferry_send_fd(pair[0], fd, FDFERRY_GIVE
	    | FDFERRY_NONBLOCK, NULL, &r), "law 6: a full socket takes none");
	ok(is_open(fd), "law 6: then ours stays open");
	(void)close(fd);
	left = sent;
	left -= fdferry_recv(pair[1], big, sizeof big, got, 8, 0, NULL, &r);
	ok(r.fds == 1 && same_file(got[0], 0),
	    "law 6: it arrives with the first bytes");
	for (came = r.fds; left > 0; came += r.fds)
		left -= fdferry_recv(pair[1], big, sizeof big, got + came,
		    8 - came, FDFERRY_NONBLOCK, NULL, &r);
	ok(left == 0 && came == 1, "law 3: all that was taken arrives, once");
	fdferry_close(got, came);
}

/* The socket that carries it is the one that is given away. */
static void
give_itself(void)
{
	int p[2], fd;
	char c = 0;

	(void)make_pair(SOCK_STREAM, p);
	is(0, fdferry_send_fd(p[0], p[0], FDFERRY_GIVE, NULL, &r),
	    "law 6: a socket is given away through itself");
	ok(!is_open(p[0]), "law 6: and closed here");
	fd = fdferry_recv_fd(p[1], 0, NULL, NULL);
	ok(fd >= 0 && write(fd, "z", 1) == 1 && read(p[1], &c, 1) == 1
	    && c == 'z', "law 6: it goes on living there");
	(void)close(fd);
	(void)close(p[1]);
}

/* The runnable half of what the header says on top. */
static void
close_and_shutdown(void)
{
	int conn[2], fd;
	char c;

	(void)make_pair(SOCK_STREAM, conn);
	(void)fdferry_send_fd(pair[0], conn[0], FDFERRY_GIVE, NULL, NULL);
	fd = fdferry_recv_fd(pair[1], 0, NULL, NULL);
	ok(write(fd, "a", 1) == 1
	    && read(conn[1], &c, 1) == 1,
	    "law 6: after close() the receiver's copy works");
	(void)fdferry_send_fd(pair[0], fd, 0, NULL, NULL);
	got[0] = fdferry_recv_fd(pair[1], 0, NULL, NULL);
	(void)shutdown(fd, SHUT_RDWR);
	(void)signal(SIGPIPE, SIG_IGN);
	ok(send(got[0], "a", 1, MSG_NOSIGNAL) < 0 && errno == EPIPE
	    && read(conn[1], &c, 1) == 0,
	    "law 6: after shutdown() every copy is dead");
	(void)signal(SIGPIPE, SIG_DFL);
	(void)close(got[0]);
	(void)close(fd);
	(void)close(conn[1]);
}

int
main(void)
{
	need_backend();
	plan(6 + 4 + 7 + 7 + 3 + 2 + 6);
	r = fresh();
	(void)make_pair(SOCK_STREAM, pair);
	group(give, "give");
	group(give_and_fail, "give and fail");
	group(give_itself, "give itself");
	group(close_and_shutdown, "close and shutdown");
	group(give_in_part, "give in part");
	/* Last: a machine without a network may take its time. */
	if (!skip_without_loopback(5, "foreign"))
		group(foreign, "foreign");
	return tap_bad;
}
