/* SPDX-License-Identifier: 0BSD */
/* t/02-round-trip.c - messages and descriptors come through, none leaks. */
#include "../lib/detect.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fdferry.h"
#include "tap.h"

int
main(void)
{
	struct fdferry_result r;
	int pair[2], fds[3] = { 0, 1, 2 }, got[3], before, fd;
	char buf[8];

	if (strcmp(fdferry_feature_get("backend"), "none") == 0) {
		plan(1);
		ok(fdferry_send_fd(0, 1, 0, NULL, NULL) < 0 && errno == ENOTSUP,
		    "no backend: ENOTSUP");
		return tap_bad;
	}
	plan(9);
	r.size = sizeof r;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0) {
		bail("socketpair");
	}
	before = open_fds();
	ok(fdferry_send(pair[0], "abc", 3, fds, 3, 0, NULL, &r) == 3
	    && r.fds == 3, "send 3 bytes and 3 descriptors");
	ok(fdferry_recv(pair[1], buf, sizeof buf, got, 1, 0, NULL, &r) == 3
	    && memcmp(buf, "abc", 3) == 0, "the bytes arrive");
	ok(r.fds == 1 && r.surplus == 2 && r.error == EMSGSIZE,
	    "room for one: two are counted as surplus");
	ok((fcntl(got[0], F_GETFD) & FD_CLOEXEC) != 0, "close-on-exec");
	fdferry_close(got, 1);
	ok(open_fds() == before, "nothing leaks");
	ok(fdferry_send(pair[0], "", 0, fds, 1, 0, NULL, NULL) == -1
	    && errno == EINVAL, "descriptors without data on a stream: EINVAL");
	fd = dup(0);
	ok(fdferry_send_fd(pair[0], fd, FDFERRY_GIVE, NULL, NULL) == 0
	    && fcntl(fd, F_GETFD) < 0, "GIVE closes our copy");
	fd = fdferry_recv_fd(pair[1], 0, NULL, NULL);
	ok(fd >= 0 && close(fd) == 0, "one descriptor arrives");
	(void)close(pair[0]);
	ok(fdferry_recv_fd(pair[1], 0, NULL, &r) == -1
	    && (r.flags & FDFERRY_EOF) != 0, "end of file is told");
	return tap_bad;
}
