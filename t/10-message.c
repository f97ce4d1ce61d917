/* SPDX-License-Identifier: 0BSD */
/*
 * t/10-message.c - data and descriptors on stream, datagram and seqpacket
 * sockets, in pieces, in both directions, up to the limit.
 */
#include "../lib/detect.h"
#include "kit.h"

#include <limits.h>
#include <stdint.h>
#include <sys/uio.h>

static int type;
static int pair[2];
static struct fdferry_result r;
static int got[600];
static char buf[16];

/* Send `n` descriptors, this file and our directory by turns; how many of
   those that come are the right ones in the right order? */
static size_t
there_and_back(size_t n)
{
	int file = open("/dev/null", O_RDONLY), dir = open("/", O_RDONLY);
	int fds[600];
	size_t i, right = 0;

	for (i = 0; i < n; i++)
		fds[i] = i % 3 == 0 ? dir : file;
	r = fresh();
	(void)fdferry_send(pair[0], "x", 1, fds, n, 0, NULL, &r);
	(void)fdferry_recv(pair[1], buf, sizeof buf, got, 600,
	    FDFERRY_NONBLOCK, NULL, &r);
	for (i = 0; i < r.fds; i++)
		right += (size_t)same_file(got[i], i % 3 == 0 ? dir : file);
	fdferry_close(got, r.fds);
	(void)close(file);
	(void)close(dir);
	return r.error == 0 && r.flags == 0 ? right : 0;
}

static void
counts(void)
{
	const size_t most = limit();
	int fds[600];
	size_t i;

	is(1, (long)there_and_back(1), "1 descriptor");
	is(2, (long)there_and_back(2), "2 descriptors");
	is((long)at_most(100), (long)there_and_back(at_most(100)),
	    "100 descriptors in order, or as many as fit");
	is((long)most, (long)there_and_back(most), "as many as the limit");
	for (i = 0; i < 600; i++)
		fds[i] = 0;
	fails_with(EINVAL, fdferry_send(pair[0], "x", 1, fds, most + 1, 0, NULL,
	    &r), "one more than the limit");
	ok(r.oserr == 0 && is_quiet(pair[1]), "which the kernel never saw");
}

static void
pieces(void)
{
	struct iovec out[4], in[3];
	int fds[2] = { 0, pair[0] };
	char a[2], b[16];

	memset(out, 0, sizeof out);
	out[0].iov_base = (void *)(uintptr_t)"ab";
	out[0].iov_len = 2;
	out[2].iov_base = (void *)(uintptr_t)"cde";	/* [1] is empty */
	out[2].iov_len = 3;
	is(5, fdferry_sendv(pair[1], out, 4, fds, 2, 0, NULL, &r),
	    "pieces, the other direction");
	memset(in, 0, sizeof in);
	in[0].iov_base = a;
	in[0].iov_len = sizeof a;
	in[2].iov_base = b;
	in[2].iov_len = sizeof b;
	is(5, fdferry_recvv(pair[0], in, 3, got, 2, 0, NULL, &r), "pieces in");
	ok(memcmp(a, "ab", 2) == 0 && memcmp(b, "cde", 3) == 0,
	    "the data is in its pieces");
	ok(r.fds == 2 && same_file(got[0], 0) && same_file(got[1], pair[0]),
	    "and both descriptors, one the socket itself");
	fdferry_close(got, r.fds);
}

static void
wrong_lists(void)
{
	struct iovec iov[1025];
	int fds[2], closed = dup(0);

	(void)close(closed);
	fds[0] = 0;
	fds[1] = -1;
	fails_with(EBADF, fdferry_send(pair[0], "x", 1, fds, 2, 0, NULL, &r),
	    "a negative descriptor");
	fds[1] = closed;
	fails_with(EBADF, fdferry_send(pair[0], "x", 1, fds, 2, FDFERRY_GIVE, NULL,
	    &r), "a closed descriptor");
	ok(is_quiet(pair[1]) && is_open(0), "nothing is sent or closed");
	fails_with(EINVAL, fdferry_send(pair[0], "x", 1, NULL, 1, 0, NULL, NULL),
	    "sending a NULL list of one");
	fails_with(EINVAL, fdferry_recv(pair[1], buf, 1, NULL, 1, 0, NULL, NULL),
	    "receiving into a NULL list of one");
	memset(iov, 0, sizeof iov);
	fails_with(EINVAL, fdferry_sendv(pair[0], iov, 1025, fds, 1, 0, NULL, NULL),
	    "1025 pieces");
	fails_with(EINVAL, fdferry_sendv(pair[0], iov, -1, fds, 1, 0, NULL, NULL),
	    "-1 pieces");
	fails_with(EINVAL, fdferry_recvv(pair[1], NULL, 1, got, 1, 0, NULL, NULL),
	    "a NULL list of pieces");
	iov[0].iov_base = iov[1].iov_base = buf;
	iov[0].iov_len = (size_t)PTRDIFF_MAX;
	iov[1].iov_len = 1;
	fails_with(EINVAL, fdferry_sendv(pair[0], iov, 2, fds, 1, 0, NULL, NULL),
	    "more bytes than ptrdiff_t has, sending");
	fails_with(EINVAL, fdferry_recvv(pair[1], iov, 2, got, 1, 0, NULL, NULL),
	    "more bytes than ptrdiff_t has, receiving");
	ok(is_quiet(pair[1]), "nothing is sent by any of these");
}

static void
room(void)
{
	int fds[3] = { 0, 0, 0 };

	(void)fdferry_send(pair[0], "ab", 2, fds, 3, 0, NULL, NULL);
	is(2, fdferry_recv(pair[1], buf, sizeof buf, NULL, 0, 0, NULL, &r),
	    "law 3: no room for descriptors: the data is delivered");
	ok(r.fds == 0 && r.surplus == 3 && r.error == EMSGSIZE,
	    "law 3: and the surplus reported beside it");
	(void)fdferry_send(pair[0], "ab", 2, fds, 3, 0, NULL, NULL);
	is(2, fdferry_recv(pair[1], buf, sizeof buf, got, 2, 0, NULL, NULL),
	    "law 1: room for two of three, no result");
	fdferry_close(got, 2);
	(void)fdferry_send(pair[0], "ab", 2, NULL, 0, 0, NULL, NULL);
	is(2, fdferry_recv(pair[1], buf, sizeof buf, got, 2, 0, NULL, &r),
	    "data alone");
	ok(r.fds == 0 && r.error == 0 && r.flags == 0 && r.surplus == 0,
	    "without descriptors, and nothing to report");
}

#define GROUPS 4
#define TESTS (6 + 4 + 11 + 5 + GROUPS)

static void
of_type(int t, const char *name)
{
	int i;

	type = t;
	if (!make_pair(type, pair)) {
		for (i = 0; i < TESTS; i++)
			skip(name, "no such socket type here");
		return;
	}
	diag("%s", name);
	group(counts, "counts");
	group(pieces, "pieces");
	group(wrong_lists, "wrong lists");
	group(room, "room");
	fdferry_close(pair, 2);
}

int
main(void)
{
	need_backend();
	plan(3 * TESTS);
	r = fresh();
	of_type(SOCK_STREAM, "stream");
	of_type(SOCK_DGRAM, "datagram");
	of_type(SOCK_SEQPACKET, "seqpacket");
	return tap_bad;
}
