/* SPDX-License-Identifier: 0BSD */
/*
 * t/34-in-flight.c - too many descriptors on the way: ETOOMANYREFS on
 * Linux, and nothing is given; where there is no such limit, a full socket.
 */
#include "../lib/detect.h"
#include "kit.h"

int
main(void)
{
	struct fdferry_result r = fresh();
	struct rlimit few;
	uid_t user = (uid_t)(20000 + getpid() % 40000);
	int pair[2], fd, n, got;

	need_backend();
	plan(5);
	(void)make_pair(SOCK_STREAM, pair);
	/* The limit is one of unprivileged users, each counted in all of its
	   processes: so no other test may be the same one. */
	if (geteuid() == 0 && (setgid(65534) < 0 || setuid(user) < 0))
		bail("setuid");
	(void)getrlimit(RLIMIT_NOFILE, &few);
	fd = dup(0);
	few.rlim_cur = (rlim_t)fd + 20;
	(void)setrlimit(RLIMIT_NOFILE, &few);
	for (n = 0; n < 100000; n++) {
		r = fresh();
		if (fdferry_send_fd(pair[0], fd, FDFERRY_NONBLOCK, NULL, &r)
		    < 0)
			break;
	}
#ifdef __linux__
	is(ETOOMANYREFS, r.error, "law 7: more in flight than the limit");
	ok(n > 10 && n < fd + 100, "law 7: by RLIMIT_NOFILE");
#else
	ok(r.error == ETOOMANYREFS || r.error == EAGAIN,
	    "law 7: in flight until it is too many, or the socket full");
	ok(n > 10, "law 7: but some");
#endif
	ok(fdferry_send_fd(pair[0], fd, FDFERRY_GIVE | FDFERRY_NONBLOCK, NULL,
	    &r) == -1 && is_open(fd), "law 6: nothing is given");
	while (n-- > 0) {
		got = fdferry_recv_fd(pair[1], FDFERRY_NONBLOCK, NULL, &r);
		if (got < 0)
			break;
		(void)close(got);
	}
	is(-1, n, "law 1: all that were sent arrive");
	is(0, fdferry_send_fd(pair[0], fd, FDFERRY_GIVE, NULL, &r),
	    "and then there is room again");
	return tap_bad;
}
