/* SPDX-License-Identifier: 0BSD */
/*
 * t/25-signal-safe.c - law 8: messages from several threads at once, and
 * from a signal handler that interrupts the same calls.
 */
#include "../lib/detect.h"
#include "kit.h"

#include <pthread.h>

#define ROUNDS 300

/* Each thread has a pair of its own; all of the state is on the stack. */
static void *
busy(void *arg)
{
	long *done = arg;
	struct fdferry_result r;
	int p[2], fds[3], got[2], i;
	char buf[4];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, p) < 0)
		return NULL;
	fds[0] = fds[2] = p[0];
	fds[1] = p[1];
	for (i = 0; i < ROUNDS; i++) {
		r = fresh();
		if (fdferry_send(p[0], "abc", 3, fds, 3, 0, NULL, NULL) != 3
		    || fdferry_recv(p[1], buf, 3, got, 2, 0, NULL, &r) != 3
		    || r.fds != 2 || r.surplus != 1)
			break;
		fdferry_close(got, 2);
		(*done)++;
	}
	(void)close(p[0]);
	(void)close(p[1]);
	return NULL;
}

static void
threads(void)
{
	pthread_t thread[4];
	long done[4] = { 0, 0, 0, 0 };
	int i, started = 0;

	for (i = 0; i < 4; i++)
		started += pthread_create(&thread[i], NULL, busy, &done[i])
		    == 0;
	for (i = 0; i < started; i++)
		(void)pthread_join(thread[i], NULL);
	is(4L * ROUNDS, done[0] + done[1] + done[2] + done[3],
	    "law 8: four threads, each message whole");
}

/* Threads that share one socket: every descriptor goes to exactly one. */
static int shared[2];

static void *
taker(void *arg)
{
	long *sum = arg;
	struct fdferry_result r;
	int fd;

	for (;;) {
		r = fresh();
		fd = fdferry_recv_fd(shared[1], 0, NULL, &r);
		if (fd < 0)
			return NULL;
		*sum += 1;
		(void)close(fd);
	}
}

static void
one_socket(void)
{
	pthread_t thread[3];
	long sum[3] = { 0, 0, 0 };
	int i, sent = 0;

	(void)make_pair(SOCK_STREAM, shared);
	for (i = 0; i < 3; i++)
		if (pthread_create(&thread[i], NULL, taker, &sum[i]) != 0)
			bail("pthread_create");
	for (i = 0; i < ROUNDS; i++)
		sent += fdferry_send_fd(shared[0], 0, 0, NULL, NULL) == 0;
	(void)close(shared[0]);
	for (i = 0; i < 3; i++)
		(void)pthread_join(thread[i], NULL);
	is(sent, sum[0] + sum[1] + sum[2],
	    "law 8: three threads on one socket: each descriptor once");
	(void)close(shared[1]);
}

static int inner[2];
static volatile sig_atomic_t handled, handled_well;

static void
handler(int sig)
{
	int saved = errno, fd;

	(void)sig;
	handled++;
	if (fdferry_send_fd(inner[0], 0, 0, NULL, NULL) == 0) {
		fd = fdferry_recv_fd(inner[1], 0, NULL, NULL);
		handled_well += fd >= 0;
		fdferry_close(&fd, 1);
	}
	errno = saved;
}

static void
in_handler(void)
{
	struct sigaction act;
	struct itimerval every;
	long done = 0, begin = now_ms();

	(void)make_pair(SOCK_STREAM, inner);
	memset(&act, 0, sizeof act);
	act.sa_handler = handler;
	(void)sigaction(SIGVTALRM, &act, NULL);
	memset(&every, 0, sizeof every);
	every.it_value.tv_usec = every.it_interval.tv_usec = 1000;
	(void)setitimer(ITIMER_VIRTUAL, &every, NULL);
	while (handled < 5 && now_ms() - begin < 10000) {
		done = 0;
		(void)busy(&done);
	}
	memset(&every, 0, sizeof every);
	(void)setitimer(ITIMER_VIRTUAL, &every, NULL);
	ok(handled > 0 && handled == handled_well,
	    "law 8: messages from a signal handler");
	is(ROUNDS, done, "law 8: and those that it interrupted");
	fdferry_close(inner, 2);
}

int
main(void)
{
	need_backend();
	plan(1 + 1 + 2 + 3);
	group(threads, "threads");
	group(one_socket, "one socket");
	group(in_handler, "in a handler");
	return tap_bad;
}
