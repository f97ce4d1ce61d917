/* SPDX-License-Identifier: 0BSD */
/*
 * t/20-fault-send.c - a backend that takes few bytes, fails at the Nth call
 * or with any errno: what was taken is told, descriptors go once, and GIVE
 * gives if and only if they went.
 */
#include "../lib/detect.h"
#include "kit.h"

#include <stdint.h>

/* The system below: calls so far, the one that fails, bytes per call. */
static int calls, fail_at, fail_errno, burst, waits;
static size_t eaten, most_at_once, fds_seen, fds_late;
static int empty_iov;

#define fdferry__backend_send fake_send
#define fdferry__wait fake_wait
#include "../lib/inbox.c"
#include "../lib/message.c"
#include "../lib/message-recv.c"
#include "../lib/message-send.c"

ptrdiff_t
fake_send(int sock, const struct fdferry__io *io)
{
	size_t n = 0;
	int i;

	(void)sock;
	if (++calls > 10000)
		bail("called for ever");
	if (fail_at > 0 && calls >= fail_at && calls < fail_at + burst) {
		errno = fail_errno;
		return -1;
	}
	if (io->iovcnt < 1)
		empty_iov = 1;
	for (i = 0; i < io->iovcnt; i++)
		n += io->iov[i].iov_len;
	if (eaten > 0)
		fds_late += io->nfds;
	fds_seen += io->nfds;
	if (n > most_at_once)
		n = most_at_once;
	eaten += n;
	return (ptrdiff_t)n;
}

int
fake_wait(int fd, int sending, struct fdferry__wait *wait)
{
	(void)fd;
	(void)wait;
	if (!sending || ++waits > 3) {
		errno = ETIMEDOUT;
		return -1;
	}
	return 0;
}

static int pair[2];
static int lent;
static struct fdferry_result r;
static char data[] = "0123456789abcdefghij";

/* One call with GIVE; `lent` is what it may close. */
static ptrdiff_t
call(size_t len, int at, int error, int often, unsigned int flags)
{
	calls = waits = 0;
	eaten = fds_seen = fds_late = 0;
	fail_at = at;
	fail_errno = error;
	burst = often;
	r = fresh();
	lent = dup(0);
	return fdferry_send(pair[0], data, len, &lent, 1, FDFERRY_GIVE | flags,
	    NULL, &r);
}

static int
end(void)
{
	int open = is_open(lent);

	if (open)
		(void)close(lent);
	return open;
}

static void
short_writes(void)
{
	int wrong = 0;

	for (most_at_once = 1; most_at_once <= 20; most_at_once++) {
		wrong += call(20, 0, 0, 0, 0) != 20 || eaten != 20
		    || fds_seen != 1 || fds_late != 0 || r.error != 0;
		wrong += end();
	}
	is(0, wrong, "law 6: short writes of every length: descriptors go once");
	most_at_once = 0;
	is(0, call(20, 0, 0, 0, 0), "a kernel that takes 0 of 20 is not "
	    "called for ever");
	ok(calls <= 2 && !end(), "it has the descriptors");
	(void)call(0, 2, EMFILE, 9, 0);
	(void)end();
	fails_with(ETOOMANYREFS, fdferry_send_fd(pair[0], 0, 0, NULL, &r),
	    "its byte has not gone: our errno, not the system's");
	is(1, (long)r.fds, "and the result says that it has");
	most_at_once = 20;
}

/* Many small pieces, some empty, taken few bytes at a time. */
static void
many_pieces(void)
{
	struct iovec iov[300];
	int i, wrong = 0, dgram[2];
	size_t total = 0;

	(void)make_pair(SOCK_DGRAM, dgram);
	for (i = 0; i < 300; i++) {
		iov[i].iov_base = data;
		iov[i].iov_len = (size_t)(i % 4);
		total += iov[i].iov_len;
	}
	for (most_at_once = 1; most_at_once < 60; most_at_once++) {
		(void)call(0, 1, EIO, 1, 0);	/* resets the counts */
		(void)end();
		eaten = fds_seen = fds_late = 0;
		fail_at = 0;
		lent = dup(0);
		wrong += fdferry_sendv(pair[0], iov, 300, &lent, 1,
		    FDFERRY_GIVE, NULL, &r) != (ptrdiff_t)total
		    || eaten != total || fds_late != 0 || fds_seen != 1;
		wrong += end();
	}
	is(0, wrong, "300 pieces in short writes of every length");
	(void)fdferry_sendv(dgram[0], NULL, 0, &lent, 0, 0, NULL, &r);
	ok(!empty_iov, "the kernel always gets one piece at least");
	fdferry_close(dgram, 2);
	most_at_once = 20;
}

static void
nth_call(void)
{
	const int errors[] = { EPIPE, ENOBUFS, ENOMEM, ECONNRESET, EIO };
	int at, wrong = 0;
	size_t e;
	ptrdiff_t n;

	most_at_once = 3;
	for (e = 0; e < sizeof errors / sizeof errors[0]; e++)
		for (at = 1; at <= 7; at++) {
			if (errors[e] == ENOBUFS
			    && FDFERRY_QUIRK_ENOBUFS_IS_FULL)
				continue;
			n = call(20, at, errors[e], 100, 0);
			wrong += n != (at == 1 ? -1 : 3 * (at - 1))
			    || r.error != errors[e] || r.oserr != errors[e]
			    || r.bytes != (size_t)(n < 0 ? 0 : n)
			    || r.fds != (at > 1)
			    || (n < 0 && errno != errors[e]);
			wrong += end() != (at == 1);
		}
	is(0, wrong, "law 3, 6: any error at any call: told what was taken, "
	    "given if it was");
	for (wrong = 0, at = 1; at <= 7; at++) {
		wrong += call(20, at, EINTR, 50, 0) != 20 || r.error != 0
		    || r.oserr != 0;
		wrong += end();
	}
	is(0, wrong, "law 8: 50 times EINTR at any call");
	for (wrong = 0, at = 1; at <= 7; at++) {
		n = call(20, at, EAGAIN, 100, FDFERRY_NONBLOCK);
		wrong += n != (at == 1 ? -1 : 3 * (at - 1))
		    || r.error != EAGAIN || waits != 0;
		wrong += end() != (at == 1);
	}
	is(0, wrong, "law 7: EAGAIN at any call, not waiting");
	most_at_once = 20;
}

static void
one_meaning(void)
{
	fails_with(ETOOMANYREFS, call(1, 1, ETOOMANYREFS, 9, 0),
	    "law 7: ETOOMANYREFS");
	ok(end() && calls == 1, "once, nothing given");
	fails_with(ETOOMANYREFS, call(1, 1, EMFILE, 9, 0),
	    "law 7: EMFILE when sending is too many in flight (OpenBSD)");
	ok(end() && r.oserr == EMFILE, "the system's own is in oserr");
	fails_with(EINVAL, call(1, 1, E2BIG, 9, 0), "law 7: E2BIG");
	ok(end() && r.oserr == E2BIG, "and its own errno");
	fails_with(EPERM, call(1, 1, EPERM, 9, 0), "law 7: EPERM");
	ok(end(), "nothing given");
	if (FDFERRY_QUIRK_EMSGSIZE_IS_FULL)
		fails_with(EAGAIN, call(1, 1, EMSGSIZE, 9, FDFERRY_NONBLOCK),
		    "law 7: EMSGSIZE on a stream is back-pressure (macOS)");
	else
		fails_with(EMSGSIZE, call(1, 1, EMSGSIZE, 9, 0), "law 7: EMSGSIZE");
	ok(end(), "nothing given");
	if (EWOULDBLOCK != EAGAIN)
		fails_with(EAGAIN, call(1, 1, EWOULDBLOCK, 9, 0), "EWOULDBLOCK");
	else
		skip("EWOULDBLOCK", "is EAGAIN");
	(void)end();
}

/* A message of as much as there can be, of which the kernel takes some. */
static void
largest(void)
{
	struct iovec iov[2];

	iov[0].iov_base = iov[1].iov_base = data;
	iov[0].iov_len = 10;
	iov[1].iov_len = (size_t)PTRDIFF_MAX - 10;
	calls = 0;
	fail_at = 2;
	fail_errno = EIO;
	burst = 1;
	eaten = 0;
	is(20, fdferry_sendv(pair[0], iov, 2, NULL, 0, 0, NULL, &r),
	    "PTRDIFF_MAX bytes can be asked for");
	is(2, calls, "the kernel has to say what it takes of them");
	iov[1].iov_len++;
	fails_with(EINVAL, fdferry_sendv(pair[0], iov, 2, NULL, 0, 0, NULL,
	    &r), "no return value could tell one more");
	is(2, calls, "it is not asked");
	fail_at = 0;
}

/* Old musl answers ENOMEM for 253: from then on the limit is one less. */
static void
small_limit(void)
{
	int fds[FDFERRY_QUIRK_MAX_FDS];
	size_t i, n = fdferry_max_fds();

	for (i = 0; i < n; i++)
		fds[i] = 0;
	calls = 0;
	fail_at = 1;
	fail_errno = ENOMEM;
	burst = 1;
	r = fresh();
	if (n <= FDFERRY_QUIRK_MAX_FDS_SMALL) {
		fails_with(ENOMEM, fdferry_send(pair[0], "x", 1, fds, n, 0, NULL,
		    &r), "ENOMEM");
		skip("law 8: the limit falls once", "it is small already");
		skip("the feature tells it", "it is small already");
		return;
	}
	fails_with(EINVAL, fdferry_send(pair[0], "x", 1, fds, n, 0, NULL, &r),
	    "law 7: ENOMEM for the most is too many");
	is(FDFERRY_QUIRK_MAX_FDS_SMALL, (long)fdferry_max_fds(),
	    "law 8: the limit falls once");
	ok(strcmp(fdferry_feature_get("limit.fds"), "252") == 0,
	    "the feature tells it");
}

int
main(void)
{
	need_backend();
	plan(5 + 2 + 3 + 11 + 4 + 3 + 6);
	(void)make_pair(SOCK_STREAM, pair);
	most_at_once = 20;
	group(short_writes, "short writes");
	group(many_pieces, "many pieces");
	group(nth_call, "the Nth call");
	group(one_meaning, "one meaning");
	group(largest, "largest");
	group(small_limit, "small limit");
	return tap_bad;
}
