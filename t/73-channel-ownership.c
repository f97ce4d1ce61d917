/* SPDX-License-Identifier: 0BSD */
/*
 * t/73-channel-ownership.c - borrowed and given, sent, failed, cancelled,
 * freed: whose descriptor is it? And the call that waits.
 */
#include "../lib/detect.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "chan.h"
#include "tap.h"

static struct two t;
static int before;

static void
begin(void)
{
	before = all_fds();
	(void)two_open(&t, SOCK_STREAM, NULL, NULL);
}

static void
finish(const char *name)
{
	two_close(&t);
	ok(all_fds() == before, name);
}

static int
is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static void
cancelled(void)
{
	unsigned long id, last;
	int fd = fresh_fd(), given = fresh_fd(), offer = fresh_fd();

	begin();
	(void)fdferry_channel_send(t.a, "x", 1, &fd, 1, 0, &id);
	ok(fdferry_channel_cancel(t.a, id) == 0
	    && fdferry_channel_next(t.a, &t.ev) == 1
	    && t.ev.type == FDFERRY_EVENT_FAILED && t.ev.id == id
	    && t.ev.error == ECANCELED && t.ev.nfds == 0 && is_open(fd),
	    "borrowed and cancelled: it was ours all the time");
	(void)fdferry_channel_send(t.a, "x", 1, &given, 1, FDFERRY_GIVE, &id);
	ok(fdferry_channel_cancel(t.a, id) == 0
	    && fdferry_channel_next(t.a, &t.ev) == 1
	    && t.ev.type == FDFERRY_EVENT_FAILED && t.ev.nfds == 1
	    && t.ev.fds[0] == given && is_open(given),
	    "given and cancelled: it is ours again");
	(void)fdferry_channel_handoff(t.a, NULL, 0, offer, FDFERRY_GIVE, NULL,
	    &id);
	ok(fdferry_channel_cancel(t.a, id) == 0
	    && fdferry_channel_next(t.a, &t.ev) == 1
	    && t.ev.outcome == FDFERRY_REFUSED_BACK
	    && t.ev.error == ECANCELED && t.ev.nfds == 1
	    && t.ev.fds[0] == offer, "so it is with a hand-off");
	ok(fdferry_channel_cancel(t.a, id) < 0 && errno == ENOENT,
	    "cancelling twice is ENOENT");
	(void)fdferry_channel_send(t.a, "x", 1, &given, 1, FDFERRY_GIVE, &id);
	(void)fdferry_channel_send(t.a, "y", 1, &offer, 1, FDFERRY_GIVE,
	    &last);
	ok(fdferry_channel_cancel(t.a, 0) == 0
	    && fdferry_channel_next(t.a, &t.ev) == 1 && t.ev.id == id
	    && fdferry_channel_next(t.a, &t.ev) == 1 && t.ev.id == last,
	    "id 0 cancels all");
	(void)fdferry_channel_send(t.a, "z", 1, NULL, 0, 0, &id);
	ok(two_event(&t, t.b) == FDFERRY_EVENT_MESSAGE && t.ev.id == id
	    && *(const char *)t.ev.data == 'z',
	    "what was cancelled never arrives");
	(void)two_event(&t, t.a);
	ok(fdferry_channel_cancel(t.a, id) < 0 && errno == ENOENT,
	    "what was sent cannot be cancelled");
	finish("cancelled: nothing leaks");
	(void)close(fd);
	(void)close(given);
	(void)close(offer);
}

static void
failing(void)
{
	static char big[5000000];
	struct timespec bad = { 0, 1000000000 };
	int fd, i, wrong = -3;

	begin();
	fd = fresh_fd();
	ok(fdferry_channel_send(t.a, "x", 1, &wrong, 1, FDFERRY_GIVE, NULL)
	    < 0 && errno == EBADF, "a negative descriptor is EBADF");
	ok(fdferry_channel_send(t.a, "x", 1, &fd, 1, 64, NULL) < 0
	    && errno == EINVAL
	    && fdferry_channel_send(t.a, NULL, 1, &fd, 1, 0, NULL) < 0
	    && errno == EINVAL
	    && fdferry_channel_send(t.a, "x", 1, NULL, 1, 0, NULL) < 0
	    && errno == EINVAL
	    && fdferry_channel_handoff(t.a, "x", 1, fd, 0, &bad, NULL) < 0
	    && errno == EINVAL, "wrong arguments are EINVAL");
	ok(fdferry_channel_handoff(t.a, big, FDFERRY_HANDOFF_DATA + 1, fd,
	    FDFERRY_GIVE, NULL, NULL) < 0 && errno == EMSGSIZE,
	    "too much beside a hand-off is EMSGSIZE");
	(void)fdferry_channel_send(t.a, big, 1000000, NULL, 0, 0, NULL);
	ok(fdferry_channel_send(t.a, big, sizeof big, &fd, 1, FDFERRY_GIVE,
	    NULL) < 0 && errno == EAGAIN, "a full queue is EAGAIN");
	ok(is_open(fd), "on failure nothing is closed");
	for (i = 0; i < 8; i++) {
		if (two_event(&t, t.a) != FDFERRY_EVENT_SENT)
			break;
		while (fdferry_channel_next(t.b, &t.ev) == 1)
			continue;
		if (fdferry_channel_send(t.a, big, 1000000, NULL, 0, 0, NULL)
		    < 0)
			break;
	}
	ok(i == 8, "what was sent makes room in the queue");
	(void)close(fd);
	finish("failing: nothing leaks");
}

static void
listed_twice(void)
{
	int fds[3], open;

	begin();
	fds[0] = fds[1] = fds[2] = fresh_fd();
	open = all_fds();
	(void)fdferry_channel_send(t.a, "x", 1, fds, 3, FDFERRY_GIVE, NULL);
	(void)fdferry_channel_work(t.a);
	(void)fdferry_channel_work(t.b);
	(void)fdferry_channel_work(t.a);
	ok(fdferry_channel_next(t.a, &t.ev) == 1
	    && t.ev.type == FDFERRY_EVENT_SENT && all_fds() == open - 1,
	    "given three times: closed once");
	(void)two_event(&t, t.b);
	ok(t.ev.nfds == 3, "and sent three times");
	two_drop(&t);
	finish("listed twice: nothing leaks");
}

static void
freed(void)
{
	int given, lent = fresh_fd(), offer;

	begin();
	given = fresh_fd();
	offer = fresh_fd();
	two_turn(&t);
	(void)fdferry_channel_handoff(t.a, NULL, 0, offer, FDFERRY_GIVE, NULL,
	    NULL);
	two_turn(&t);
	(void)fdferry_channel_send(t.a, "x", 1, &given, 1, FDFERRY_GIVE,
	    NULL);
	(void)fdferry_channel_send(t.a, "x", 1, &lent, 1, 0, NULL);
	fdferry_channel_free(t.a);
	t.a = NULL;
	ok(!is_open(given), "freed: what was given and not sent is closed");
	ok(!is_open(offer), "freed: so is the copy of an open hand-off");
	ok(is_open(lent), "freed: what was lent is not");
	two_turn(&t);
	ok(two_event(&t, t.b) == FDFERRY_EVENT_OFFER
	    && fdferry_channel_accept(t.b, t.ev.id) == 0
	    && two_event(&t, t.b) == FDFERRY_EVENT_END
	    && t.ev.error == 0, "freed: the peer is told in order");
	ok(two_event(&t, t.b) == FDFERRY_EVENT_TAKEN && t.ev.nfds == 1,
	    "freed: the offer is the receiver's");
	two_drop(&t);
	finish("freed: nothing leaks");
	(void)close(lent);
	fdferry_channel_free(NULL);
}

static void
ended(void)
{
	int fd;

	begin();
	fd = fresh_fd();
	(void)fdferry_channel_send(t.a, "x", 1, &fd, 1, FDFERRY_GIVE, NULL);
	(void)close(t.sock[1]);
	t.sock[1] = -1;
	ok(two_event(&t, t.a) == FDFERRY_EVENT_FAILED && t.ev.error == EPIPE
	    && t.ev.nfds == 1 && t.ev.fds[0] == fd && is_open(fd),
	    "the peer is gone: what was given is back");
	two_drop(&t);
	ok(two_event(&t, t.a) == FDFERRY_EVENT_END
	    && t.ev.error == ECONNRESET, "and that is the end");
	finish("ended: nothing leaks");
}

static int
is_nonblocking(int fd)
{
	return (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0;
}

static void
own_socket(void)
{
	struct fdferry_channel_opts o = chan_opts();
	struct fdferry_policy policy;
	struct fdferry_channel *ch;
	int pair[2], seen = all_fds();
	int send_waits = strcmp(fdferry_feature_get("quirk.send_waits"), "1")
	    == 0;

	o.flags = FDFERRY_GIVE;
	(void)socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
	ch = fdferry_channel_new(pair[0], &o);
	ok(is_nonblocking(pair[0]) == send_waits,
	    "a socket that was given never waits");
	fdferry_channel_free(ch);
	ok(!is_open(pair[0]), "and is closed by free");
	(void)close(pair[1]);
	(void)socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
	ch = fdferry_channel_new(pair[0], NULL);
	ok(!is_nonblocking(pair[0]), "one that was lent stays as it is");
	fdferry_channel_free(ch);
	fdferry_close(pair, 2);
	ok(fdferry_channel_new(-1, NULL) == NULL && errno == EBADF,
	    "no descriptor is EBADF");
	o.flags = 8;
	(void)socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
	ok(fdferry_channel_new(pair[0], &o) == NULL && errno == EINVAL,
	    "an unknown flag is EINVAL");
	memset(&policy, 0, sizeof policy);
	o.flags = 0;
	o.policy = &policy;
	ok(fdferry_channel_new(pair[0], &o) == NULL && errno == EINVAL,
	    "so is a policy without its size");
	policy.size = sizeof policy;
	policy.nuids = 1;
	ok(fdferry_channel_new(pair[0], &o) == NULL && errno == EINVAL,
	    "or without the users that it counts");
	fdferry_close(pair, 2);
	ok(all_fds() == seen, "new: nothing leaks");
}

static void
waiting(void)
{
	struct timespec when;
	struct fdferry_event ev;
	struct fdferry_channel *ch;
	int status = -1, good = 0;
	pid_t pid;

	begin();
	(void)fdferry_deadline(&when, 30);
	ok(fdferry_channel_wait(t.a, &t.ev, &when) < 0 && errno == ETIMEDOUT,
	    "wait: a deadline");
	two_close(&t);
	(void)socketpair(AF_UNIX, SOCK_STREAM, 0, t.sock);
	pid = tap_fork();
	if (pid == 0) {
		(void)close(t.sock[0]);
		ch = fdferry_channel_new(t.sock[1], NULL);
		ev.size = sizeof ev;
		(void)fdferry_channel_send(ch, "hello", 5, NULL, 0, 0, NULL);
		while (fdferry_channel_wait(ch, &ev, NULL) == 1
		    && ev.type != FDFERRY_EVENT_MESSAGE)
			continue;
		fdferry_channel_free(ch);
		_exit(ev.len == 6 ? 0 : 1);
	}
	(void)close(t.sock[1]);
	t.sock[1] = -1;
	t.a = fdferry_channel_new(t.sock[0], NULL);
	(void)fdferry_deadline(&when, SOON);
	good += fdferry_channel_wait(t.a, &t.ev, &when) == 1
	    && t.ev.type == FDFERRY_EVENT_MESSAGE && t.ev.len == 5;
	(void)fdferry_channel_send(t.a, "answer", 6, NULL, 0, 0, NULL);
	good += fdferry_channel_wait(t.a, &t.ev, &when) == 1
	    && t.ev.type == FDFERRY_EVENT_SENT;
	good += fdferry_channel_wait(t.a, &t.ev, &when) == 1
	    && t.ev.type == FDFERRY_EVENT_END && t.ev.error == 0;
	(void)waitpid(pid, &status, 0);
	ok(good == 3 && status == 0, "wait: two processes");
	ok(fdferry_channel_wait(t.a, &t.ev, &when) < 0 && errno == EPIPE,
	    "wait: after the end EPIPE");
	finish("wait: nothing leaks");
}

int
main(void)
{
	chan_need();
	plan(39);
	cancelled();
	failing();
	listed_twice();
	freed();
	ended();
	own_socket();
	waiting();
	return tap_bad;
}
