/* SPDX-License-Identifier: 0BSD */
/* t/02-round-trip.c - messages and descriptors come through, none leaks. */
#include "../lib/detect.h"
#include "kit.h"

static void
round_trip(void)
{
	struct fdferry_result r = fresh();
	int pair[2], fds[3] = { 0, 1, 2 }, got[3], fd;
	char buf[8];

	(void)make_pair(SOCK_STREAM, pair);
	is(3, fdferry_send(pair[0], "abc", 3, fds, 3, 0, NULL, &r), "send");
	ok(r.fds == 3 && r.bytes == 3 && r.error == 0,
	    "3 bytes and 3 descriptors are sent");
	is(3, fdferry_recv(pair[1], buf, sizeof buf, got, 1, 0, NULL, &r),
	    "receive");
	ok(memcmp(buf, "abc", 3) == 0, "the bytes arrive");
	ok(r.fds == 1 && r.surplus == 2 && r.error == EMSGSIZE,
	    "law 1: room for one: two are closed and counted");
	ok((fcntl(got[0], F_GETFD) & FD_CLOEXEC) != 0, "law 2: close-on-exec");
	fdferry_close(got, 1);
	fails_with(EINVAL, fdferry_send(pair[0], "", 0, fds, 1, 0, NULL, NULL),
	    "descriptors without data on a stream");
	fd = dup(0);
	ok(fdferry_send_fd(pair[0], fd, FDFERRY_GIVE, NULL, NULL) == 0
	    && !is_open(fd), "law 6: GIVE closes our copy");
	/* Not read() of 0 bytes: BSDs throw the descriptor away then. */
	ok(!is_quiet(pair[1]), "a byte is there");
	fd = fdferry_recv_fd(pair[1], 0, NULL, NULL);
	ok(same_file(fd, 0), "one descriptor arrives");
	(void)close(fd);
	(void)close(pair[0]);
	fails_with(ECONNRESET, fdferry_recv_fd(pair[1], 0, NULL, &r), "the end");
	ok(r.flags == FDFERRY_EOF && r.bytes == 0 && r.fds == 0,
	    "end of file is told");
	(void)close(pair[1]);
}

/* What others speak: one NUL byte, one descriptor. */
static void
wire_form(void)
{
	int pair[2], fd;
	char buf[4] = "xyz";

	(void)make_pair(SOCK_STREAM, pair);
	(void)fdferry_send_fd(pair[0], 0, 0, NULL, NULL);
	/* Not recv(): on macOS the descriptor would stay open unseen. */
	is(1, fdferry_recv(pair[1], buf, sizeof buf, NULL, 0, 0, NULL, NULL),
	    "on the wire: one byte");
	is(0, buf[0], "on the wire: it is NUL");
	(void)fdferry_send(pair[0], "7", 1, &pair[0], 1, 0, NULL, NULL);
	fd = fdferry_recv_fd(pair[1], 0, NULL, NULL);
	ok(fd >= 0 && same_file(fd, pair[0]),
	    "any byte is accepted; a socket passes itself");
	(void)close(fd);
	(void)write(pair[0], "8", 1);
	fails_with(EBADMSG, fdferry_recv_fd(pair[1], 0, NULL, NULL),
	    "a byte without a descriptor");
	ok(is_quiet(pair[1]), "and it is consumed");
	fdferry_close(pair, 2);
}

int
main(void)
{
	need_backend();
	plan(19);
	group(round_trip, "round trip");
	group(wire_form, "wire form");
	return tap_bad;
}
