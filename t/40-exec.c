/* SPDX-License-Identifier: 0BSD */
/*
 * t/40-exec.c - law 2: what was received is gone after exec, in every way
 * of receiving. The program runs itself to count what it inherits.
 */
#include "../lib/detect.h"
#include "kit.h"

#include <sys/uio.h>

static const char *self;
static int pair[2];

/* How many of our descriptors does a child see after exec? */
static int
inherited(void)
{
	pid_t child = tap_fork();
	int status = -1;

	if (child == 0) {
		(void)execl(self, self, "count", (char *)NULL);
		_exit(255);
	}
	(void)waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
received(void)
{
	struct fdferry_opts o = no_opts();
	struct fdferry_policy p;
	struct iovec iov;
	int fds[100], got[100], before = inherited(), i, control;
	size_t many = at_most(100);
	char c;

	memset(&p, 0, sizeof p);
	p.size = sizeof p;
	p.kinds = ~0ul;
	o.policy = &p;
	for (i = 0; i < 100; i++) {
		fds[i] = 0;
		got[i] = -1;	/* should receiving fail, nothing is closed */
	}
	control = dup(0);
	is(before + 1, inherited(), "an ordinary descriptor is inherited");
	(void)close(control);
	(void)fdferry_send_fd(pair[0], 0, 0, NULL, NULL);
	got[0] = fdferry_recv_fd(pair[1], 0, NULL, NULL);
	is(before, inherited(), "law 2: fdferry_recv_fd");
	fdferry_close(got, 1);
	(void)fdferry_send(pair[0], "x", 1, fds, many, 0, NULL, NULL);
	(void)fdferry_recv(pair[1], &c, 1, got, many, 0, NULL, NULL);
	is(before, inherited(), "law 2: fdferry_recv, many of them");
	fdferry_close(got, many);
	(void)fdferry_send(pair[0], "x", 1, fds, 3, 0, NULL, NULL);
	iov.iov_base = &c;
	iov.iov_len = 1;
	(void)fdferry_recvv(pair[1], &iov, 1, got, 2, 0, &o, NULL);
	is(before, inherited(), "law 2: fdferry_recvv, a policy, surplus");
	fdferry_close(got, 2);
}

int
main(int argc, char **argv)
{
	if (argc > 1)
		return open_fds();
	need_backend();
	self = argv[0];
	plan(4 + 1);
	(void)make_pair(SOCK_STREAM, pair);
	group(received, "exec");
	return tap_bad;
}
