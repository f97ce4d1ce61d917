/* SPDX-License-Identifier: 0BSD */
/*
 * t/75-channel-crash.c - one side of a hand-off dies at its k-th call of the
 * message layer, for every k, before the call and after it.
 *
 * What is handed off is a socket with one byte waiting: the token. Whoever
 * uses the connection reads it. So two users, or none, show.
 */
#include "../lib/backend.h"

#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tap.h"
#include "chan.h"

static long calls, crash_at = -1;	/* twice the call, odd: after it */

static void
crash_point(int after)
{
	if (2 * calls + after == crash_at)
		_exit(0);
}

static ptrdiff_t
crash_sendv(int sock, const struct iovec *iov, int iovcnt, const int *fds,
    size_t nfds, unsigned int flags, const struct fdferry_opts *opts,
    struct fdferry_result *result)
{
	ptrdiff_t n;
	int error;

	crash_point(0);
	n = fdferry_sendv(sock, iov, iovcnt, fds, nfds, flags, opts, result);
	error = errno;
	crash_point(1);
	calls++;
	errno = error;
	return n;
}

static ptrdiff_t
crash_recv(int sock, void *buf, size_t len, int *fds, size_t room,
    unsigned int flags, const struct fdferry_opts *opts,
    struct fdferry_result *result)
{
	ptrdiff_t n;
	int error;

	crash_point(0);
	n = fdferry_recv(sock, buf, len, fds, room, flags, opts, result);
	error = errno;
	crash_point(1);
	calls++;
	errno = error;
	return n;
}

#define fdferry_sendv crash_sendv
#define fdferry_recv crash_recv
#include "ownchan.h"

#define STEPS_MOST 400
#define PATIENCE 20000		/* ms; a death ends every wait at once */

static int sock[2], conn[2];

/* Read the token: 1 if it was there, 0 if somebody else has read it. */
static int
use(int fd)
{
	struct pollfd p;
	char token = 0;

	p.fd = fd;
	p.events = POLLIN;
	return poll(&p, 1, 0) == 1 && recv(fd, &token, 1, 0) == 1
	    && token == 'T';
}

static void
set_up(int type)
{
	if (socketpair(AF_UNIX, type, 0, sock) < 0
	    || socketpair(AF_UNIX, SOCK_STREAM, 0, conn) < 0
	    || send(conn[1], "T", 1, 0) != 1)
		bail("socketpair");
	calls = 0;
}

static void
tear_down(void)
{
	fdferry_close(sock, 2);
	fdferry_close(conn, 2);
}

/*
 * A receiver that accepts, uses and ends. With `recall` it leaves the offer
 * unanswered, and the sender calls it back.
 */
static void
receive(int s, int recall)
{
	struct fdferry_event ev;
	struct fdferry_channel *ch = fdferry_channel_new(s, NULL);

	ev.size = sizeof ev;
	while (fdferry_channel_wait(ch, &ev, NULL) == 1
	    && ev.type != FDFERRY_EVENT_END) {
		if (ev.type == FDFERRY_EVENT_OFFER && !recall)
			(void)fdferry_channel_accept(ch, ev.id);
		if (ev.type == FDFERRY_EVENT_TAKEN) {
			(void)use(ev.fds[0]);
			(void)close(ev.fds[0]);
		}
	}
	fdferry_channel_free(ch);
}

/* Wait until the peer has the offer, then ask for it back. */
static void
call_back(struct fdferry_channel *ch)
{
	struct fdferry_channel_stats n;
	int i;

	n.size = sizeof n;
	for (i = 0; i < PATIENCE; i++) {
		(void)fdferry_channel_work(ch);
		if (fdferry_channel_count(ch, &n) < 0 || n.queued == 0)
			break;
		(void)poll(NULL, 0, 1);
	}
	(void)fdferry_channel_cancel(ch, 0);
}

/*
 * The sender's side of it: what became of the hand-off. With `recall` it
 * wants it back as soon as it is offered.
 */
static int
send_one(int s, int recall, int *back)
{
	struct fdferry_channel_opts o = chan_opts();
	struct fdferry_event ev;
	struct fdferry_channel *ch;
	struct timespec when;
	int outcome = FDFERRY_OUTCOME_NONE;

	*back = -1;
	ev.size = sizeof ev;
	o.doubt_ms = PATIENCE;
	ch = fdferry_channel_new(s, &o);
	(void)fdferry_deadline(&when, PATIENCE);
	(void)fdferry_channel_handoff(ch, "meta", 4, conn[0], FDFERRY_GIVE,
	    &when, NULL);
	conn[0] = -1;
	if (recall)
		call_back(ch);
	(void)fdferry_deadline(&when, 2 * PATIENCE);
	while (fdferry_channel_wait(ch, &ev, &when) == 1)
		if (ev.type == FDFERRY_EVENT_HANDOFF) {
			outcome = ev.outcome;
			if (ev.nfds == 1)
				*back = ev.fds[0];
			break;
		}
	fdferry_channel_free(ch);
	return outcome;
}

/* The receiver dies at step k. True while there are more steps. */
static int
receiver_dies(int type, int recall, long k, int *good, int *bad)
{
	int status = 0, outcome, back, token;
	pid_t pid;

	set_up(type);
	pid = tap_fork();
	if (pid == 0) {
		fdferry_close(&sock[0], 1);
		fdferry_close(conn, 2);
		crash_at = k;
		receive(sock[1], recall);
		_exit(1);
	}
	fdferry_close(&sock[1], 1);
	outcome = send_one(sock[0], recall, &back);
	(void)close(sock[0]);
	sock[0] = -1;
	(void)waitpid(pid, &status, 0);
	token = back >= 0 && use(back);
	/* Ours again: then nobody has used it. Accepted: not ours. */
	if ((outcome == FDFERRY_GONE || outcome == FDFERRY_REFUSED_BACK)
	    ? token : outcome == FDFERRY_ACCEPTED && back < 0)
		(*good)++;
	else {
		(*bad)++;
		printf("# receiver, step %ld: outcome %d, token %d\n", k,
		    outcome, token);
	}
	if (back >= 0)
		(void)close(back);
	tear_down();
	return !(WIFEXITED(status) && WEXITSTATUS(status) == 1);
}

/* The sender dies at step k. What it had offered is served or is its loss. */
static int
sender_dies(int type, int recall, long k, int *good, int *bad)
{
	struct fdferry_event ev;
	struct fdferry_channel *ch;
	struct timespec when;
	int status = 0, back, offered = 0, withdrawn = 0, taken = 0, ended = 0;
	unsigned long id = 0;
	pid_t pid;

	set_up(type);
	pid = tap_fork();
	if (pid == 0) {
		fdferry_close(&sock[1], 1);
		fdferry_close(&conn[1], 1);
		crash_at = k;
		(void)send_one(sock[0], recall, &back);
		_exit(1);
	}
	fdferry_close(&sock[0], 1);
	fdferry_close(&conn[0], 1);
	ev.size = sizeof ev;
	ch = fdferry_channel_new(sock[1], NULL);
	(void)fdferry_deadline(&when, 2 * PATIENCE);
	while (fdferry_channel_wait(ch, &ev, &when) == 1) {
		if (ev.type == FDFERRY_EVENT_OFFER) {
			offered++;
			id = ev.id;
			if (!recall)
				(void)fdferry_channel_accept(ch, ev.id);
		} else if (ev.type == FDFERRY_EVENT_WITHDRAWN)
			withdrawn++;
		else if (ev.type == FDFERRY_EVENT_END) {
			ended++;
			/* What it left unanswered can be served now. */
			if (recall && offered && !withdrawn)
				(void)fdferry_channel_accept(ch, id);
		} else if (ev.type == FDFERRY_EVENT_TAKEN) {
			taken += use(ev.fds[0]);
			(void)close(ev.fds[0]);
		}
	}
	fdferry_channel_free(ch);
	(void)waitpid(pid, &status, 0);
	if (ended == 1 && offered == withdrawn + taken)
		(*good)++;
	else {
		(*bad)++;
		printf("# sender, step %ld: offered %d, withdrawn %d, "
		    "taken %d, ended %d\n", k, offered, withdrawn, taken,
		    ended);
	}
	tear_down();
	return !(WIFEXITED(status) && WEXITSTATUS(status) == 1);
}

static void
every_step(int (*dies)(int, int, long, int *, int *), int type, int recall,
    const char *name)
{
	int good = 0, bad = 0, before = all_fds();
	char text[200];
	long k = 0;

	if (!chan_has(type)) {
		skip(name, "no such sockets here");
		return;
	}
	while (k < STEPS_MOST && dies(type, recall, k, &good, &bad))
		k++;
	(void)snprintf(text, sizeof text, "%s, at each of %ld steps", name, k);
	ok(k >= 6 && k < STEPS_MOST && bad == 0 && good == k + 1
	    && all_fds() == before, text);
}

int
main(void)
{
	chan_need();
	plan(6);
	every_step(receiver_dies, SOCK_STREAM, 0,
	    "stream: the receiver dies accepting");
	every_step(receiver_dies, SOCK_STREAM, 1,
	    "stream: the receiver dies while called back");
	every_step(receiver_dies, SOCK_SEQPACKET, 0,
	    "seqpacket: the receiver dies accepting");
	every_step(sender_dies, SOCK_STREAM, 0,
	    "stream: the sender dies, accepted at once");
	every_step(sender_dies, SOCK_STREAM, 1,
	    "stream: the sender dies calling back");
	every_step(sender_dies, SOCK_SEQPACKET, 0,
	    "seqpacket: the sender dies, accepted at once");
	return tap_bad;
}
