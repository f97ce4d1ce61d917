/* SPDX-License-Identifier: 0BSD */
/*
 * t/31-losses.c - a full table, a policy, a deadline: what arrived is
 * delivered, what was lost is reported, nothing stays open.
 */
#include "../lib/detect.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "fdferry.h"
#include "tap.h"

static int pair[2];
static int three[3] = { 0, 1, 2 };
static int got[8];
static char buf[8];

static void
full_table(void)
{
	struct fdferry_result r;
	struct rlimit old, low;
	ptrdiff_t bytes;
	int before = open_fds(), lowest;

	r.size = sizeof r;
	(void)fdferry_send(pair[0], "abc", 3, three, 3, 0, NULL, NULL);
	/* Room for one more, whatever higher numbers are open already. */
	lowest = dup(0);
	(void)close(lowest);
	(void)getrlimit(RLIMIT_NOFILE, &old);
	low = old;
	low.rlim_cur = (rlim_t)lowest + 1;
	(void)setrlimit(RLIMIT_NOFILE, &low);
	bytes = fdferry_recv(pair[1], buf, sizeof buf, got, 8, 0, NULL, &r);
	(void)setrlimit(RLIMIT_NOFILE, &old);
	ok(bytes == 3 || (bytes == -1 && r.error == EMFILE),
	    "full table: the data is delivered, or nothing is consumed");
	ok(r.error == EMFILE, "full table: EMFILE");
	ok(bytes < 0 || (r.flags & FDFERRY_TRUNCATED) != 0,
	    "full table: truncation is told");
	fdferry_close(got, r.fds);
	ok(open_fds() == before, "full table: nothing leaks");
}

/* Closing the surplus makes room; the table was full all the same. */
static void
full_table_and_surplus(void)
{
	struct fdferry_result r;
	struct rlimit old, low;
	ptrdiff_t bytes;
	int free_fd[2], before = open_fds();

	r.size = sizeof r;
	(void)fdferry_send(pair[0], "abc", 3, three, 3, 0, NULL, NULL);
	free_fd[0] = dup(0);
	free_fd[1] = dup(0);
	(void)getrlimit(RLIMIT_NOFILE, &old);
	low = old;
	low.rlim_cur = (rlim_t)free_fd[1] + 1;
	(void)close(free_fd[0]);	/* two are free, of three wanted */
	(void)close(free_fd[1]);
	(void)setrlimit(RLIMIT_NOFILE, &low);
	bytes = fdferry_recv(pair[1], buf, sizeof buf, got, 1, 0, NULL, &r);
	(void)setrlimit(RLIMIT_NOFILE, &old);
	ok(bytes == 3 || (bytes == -1 && r.error == EMFILE),
	    "law 3: full table and surplus: the data is delivered");
	ok(r.error == EMFILE, "law 7: full table and surplus: EMFILE");
	fdferry_close(got, r.fds);
	ok(open_fds() == before, "law 1: nothing leaks");
}

static void
policies(void)
{
	struct fdferry_policy policy;
	struct fdferry_opts opts;
	struct fdferry_result r;
	unsigned long nobody = 4242424, me = (unsigned long)geteuid();
	int pipes[2], before = open_fds();

	r.size = sizeof r;
	memset(&opts, 0, sizeof opts);
	opts.size = sizeof opts;
	opts.policy = &policy;
	memset(&policy, 0, sizeof policy);
	policy.size = sizeof policy;

	policy.most = 2;
	(void)fdferry_send(pair[0], "abc", 3, three, 3, 0, NULL, NULL);
	ok(fdferry_recv(pair[1], buf, sizeof buf, got, 8, 0, &opts, &r) == 3
	    && r.fds == 0 && r.refused == 3 && r.error == EACCES
	    && (r.flags & FDFERRY_REFUSED) != 0,
	    "more than `most`: all refused, the data is delivered");
	policy.most = 0;

	policy.uids = &nobody;
	policy.nuids = 1;
	(void)fdferry_send_fd(pair[0], 0, 0, NULL, NULL);
	ok(fdferry_recv_fd(pair[1], 0, &opts, &r) == -1 && errno == EACCES
	    && r.bytes == 1, "a user who is not listed: EACCES, consumed");
	policy.uids = &me;
	(void)fdferry_send_fd(pair[0], 0, 0, NULL, NULL);
	got[0] = fdferry_recv_fd(pair[1], 0, &opts, &r);
	if (strcmp(fdferry_feature_get("peercred"), "none") == 0)
		skip("a user who is listed", "the system tells no user");
	else
		ok(got[0] >= 0, "a user who is listed");
	fdferry_close(got, 1);
	policy.nuids = 0;

	policy.kinds = FDFERRY_KIND_BIT(FDFERRY_KIND_SOCKET);
	if (pipe(pipes) < 0)
		return;
	three[1] = pipes[0];
	three[0] = three[2] = pair[0];
	(void)fdferry_send(pair[0], "abc", 3, three, 3, 0, NULL, NULL);
	(void)fdferry_recv(pair[1], buf, sizeof buf, got, 8, 0, &opts, &r);
	ok(r.fds == 3 && r.refused == 1 && got[0] >= 0 && got[1] == -1
	    && got[2] >= 0, "kinds: -1 in the slot, the others keep theirs");
	fdferry_close(got, r.fds);
	fdferry_close(pipes, 2);
	ok(open_fds() == before, "policies: nothing leaks");
}

static void
deadlines(void)
{
	struct fdferry_opts opts;
	struct timespec soon, start, end;
	long ms;

	memset(&opts, 0, sizeof opts);
	opts.size = sizeof opts;
	opts.deadline = &soon;
	(void)clock_gettime(CLOCK_MONOTONIC, &start);
	(void)fdferry_deadline(&soon, 100);
	ok(fdferry_recv(pair[1], buf, 1, got, 1, 0, &opts, NULL) == -1
	    && errno == ETIMEDOUT, "nothing comes: ETIMEDOUT");
	(void)clock_gettime(CLOCK_MONOTONIC, &end);
	ms = (long)(end.tv_sec - start.tv_sec) * 1000
	    + (end.tv_nsec - start.tv_nsec) / 1000000;
	ok(ms >= 99 && ms < 20000, "not before the deadline");
	ok(fdferry_recv(pair[1], buf, 1, got, 1, FDFERRY_NONBLOCK, NULL, NULL)
	    == -1 && errno == EAGAIN, "FDFERRY_NONBLOCK: EAGAIN");
	(void)close(pair[1]);
	ok(fdferry_send_fd(pair[0], 0, 0, NULL, NULL) == -1 && errno == EPIPE,
	    "the other end is closed: EPIPE and no signal");
}

int
main(void)
{
	if (strcmp(fdferry_feature_get("backend"), "none") == 0) {
		printf("1..0 # SKIP no backend\n");
		return 0;
	}
	if (fdferry_max_fds() < 3) {
		printf("1..0 # SKIP fewer than three descriptors a message\n");
		return 0;
	}
	plan(16);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0) {
		bail("socketpair");
	}
	full_table();
	full_table_and_surplus();
	policies();
	deadlines();
	return tap_bad;
}
