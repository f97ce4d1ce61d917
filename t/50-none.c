/* SPDX-License-Identifier: 0BSD */
/*
 * t/50-none.c - law 5: backend "none", by force. What would pass a
 * descriptor says ENOTSUP, all else works as far as the system can.
 */
#define FDFERRY_PROBE 1		/* the preprocessor's answers, not configure's */
#define FDFERRY_BACKEND_NONE 1
#include "../lib/detect.h"
#include "kit.h"

#include "../lib/address.c"
#include "../lib/backend-none.c"
#include "../lib/close.c"
#include "../lib/describe.c"
#include "../lib/errno.c"
#include "../lib/features.c"
#include "../lib/inbox.c"
#include "../lib/message.c"
#include "../lib/message-recv.c"
#include "../lib/message-send.c"
#include "../lib/peer.c"
#include "../lib/structures.c"
#include "../lib/wait.c"

static int pair[2];
static int fd;
static char buf[4];
static struct fdferry_result r;

static void
passing(void)
{
	struct iovec iov;
	struct fdferry_opts o = no_opts();
	struct timespec when;

	iov.iov_base = buf;
	iov.iov_len = 1;
	fd = dup(0);
	fails_with(ENOTSUP, fdferry_send_fd(pair[0], fd, FDFERRY_GIVE, NULL, &r),
	    "law 5: fdferry_send_fd");
	ok(is_open(fd) && r.error == ENOTSUP && r.fds == 0,
	    "law 5: nothing is given");
	fails_with(ENOTSUP, fdferry_send(pair[0], "x", 1, &fd, 1, 0, NULL, &r),
	    "law 5: fdferry_send");
	fails_with(ENOTSUP, fdferry_sendv(pair[0], &iov, 1, &fd, 1, 0, NULL, &r),
	    "law 5: fdferry_sendv");
	(void)close(fd);
	ok(is_quiet(pair[1]), "law 5: nothing is sent");
	(void)send(pair[0], "x", 1, 0);
	fails_with(ENOTSUP, fdferry_recv_fd(pair[1], 0, NULL, &r),
	    "law 5: fdferry_recv_fd");
	fails_with(ENOTSUP, fdferry_recv(pair[1], buf, 1, &fd, 1, 0, NULL, &r),
	    "law 5: fdferry_recv");
	fails_with(ENOTSUP, fdferry_recvv(pair[1], &iov, 1, &fd, 1, 0, NULL, &r),
	    "law 5: fdferry_recvv");
	ok(!is_quiet(pair[1]) && r.fds == 0 && r.flags == 0,
	    "law 5: nothing is consumed");
	(void)fdferry_deadline(&when, 60000);
	o.deadline = &when;
	fails_with(ENOTSUP, fdferry_recv_fd(pair[1], 0, &o, &r),
	    "law 5: at once, also with a deadline");
}

static void
the_rest(void)
{
	struct fdferry_info info;
	struct fdferry_peercred peer;

	is(0, (long)fdferry_max_fds(), "law 5: at most 0 descriptors");
	ok(strcmp(fdferry_feature_get("backend"), "none") == 0
	    && strcmp(fdferry_feature_get("limit.fds"), "0") == 0
	    && fdferry_feature_get("backend.reason")[0] != '\0',
	    "law 5: features say so, and why");
	ok(strcmp(fdferry_version(), FDFERRY_VERSION) == 0, "version");
	info.size = sizeof info;
	ok(fdferry_describe(pair[0], &info) == 0
	    && info.kind == FDFERRY_KIND_SOCKET && info.family == AF_UNIX,
	    "law 5: describe works");
	peer.size = sizeof peer;
	if (fdferry_peer(pair[0], &peer) == 0)
		is((long)geteuid(), (long)peer.uid, "law 5: peer works");
	else
		is(ENOTSUP, errno, "law 5: the system does not tell the peer");
	fd = dup(0);
	fdferry_close(&fd, 1);
	is(-1, fd, "law 5: closing works");
}

int
main(void)
{
	plan(10 + 6 + 2);
	r = fresh();
	(void)make_pair(SOCK_STREAM, pair);
	group(passing, "passing");
	group(the_rest, "the rest");
	return tap_bad;
}
