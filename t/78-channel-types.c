/* SPDX-License-Identifier: 0BSD */
/*
 * t/78-channel-types.c - the same over stream, seqpacket and datagram
 * sockets: messages, hand-offs, the end; and what a channel leaves alone.
 */
#include "../lib/detect.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "chan.h"
#include "tap.h"

#define EACH 16

static const char *name;
static char text[200];

static const char *
say(const char *what)
{
	(void)snprintf(text, sizeof text, "%s: %s", name, what);
	return text;
}

static void
messages(struct two *t)
{
	static char big[300000];
	int fds[3], i;
	unsigned long id, sent;

	for (i = 0; i < 3; i++)
		fds[i] = fresh_fd();
	ok(fdferry_channel_send(t->a, "hello", 5, fds, 3, 0, &id) == 0
	    && two_event(t, t->b) == FDFERRY_EVENT_MESSAGE
	    && t->ev.id == id && t->ev.len == 5
	    && memcmp(t->ev.data, "hello", 5) == 0 && t->ev.nfds == 3
	    && same_file(t->ev.fds[0], fds[0])
	    && same_file(t->ev.fds[1], fds[1])
	    && same_file(t->ev.fds[2], fds[2]),
	    say("data and descriptors, in order"));
	two_drop(t);
	ok(two_event(t, t->a) == FDFERRY_EVENT_SENT && t->ev.id == id
	    && t->ev.nfds == 0, say("the sender is told"));
	ok(fdferry_channel_send(t->a, NULL, 0, NULL, 0, 0, NULL) == 0
	    && two_event(t, t->b) == FDFERRY_EVENT_MESSAGE
	    && t->ev.len == 0 && t->ev.nfds == 0, say("an empty message"));
	(void)two_event(t, t->a);
	ok(fdferry_channel_send(t->a, NULL, 0, fds, 1, 0, NULL) == 0
	    && two_event(t, t->b) == FDFERRY_EVENT_MESSAGE
	    && t->ev.len == 0 && t->ev.nfds == 1
	    && same_file(t->ev.fds[0], fds[0]),
	    say("a descriptor without data"));
	two_drop(t);
	(void)two_event(t, t->a);
	for (i = 0; i < (int)sizeof big; i++)
		big[i] = (char)(i * 31 + i / 251);
	ok(fdferry_channel_send(t->b, big, sizeof big, fds, 3, FDFERRY_GIVE,
	    &sent) == 0 && two_event(t, t->a) == FDFERRY_EVENT_MESSAGE
	    && t->ev.len == sizeof big
	    && memcmp(t->ev.data, big, sizeof big) == 0 && t->ev.nfds == 3,
	    say("data above what one kernel message holds"));
	two_drop(t);
	ok(two_event(t, t->b) == FDFERRY_EVENT_SENT && t->ev.id == sent
	    && fcntl(fds[0], F_GETFD) < 0, say("given: closed when sent"));
}

static void
handoffs(struct two *t)
{
	int fd = fresh_fd(), watch = dup(fd), mine;
	unsigned long id;

	ok(fdferry_channel_handoff(t->a, "meta", 4, fd, FDFERRY_GIVE, NULL,
	    &id) == 0 && two_event(t, t->b) == FDFERRY_EVENT_OFFER
	    && t->ev.id == id && t->ev.len == 4 && t->ev.nfds == 0,
	    say("an offer comes without its descriptor"));
	ok(fdferry_channel_accept(t->b, id) == 0
	    && two_event(t, t->b) == FDFERRY_EVENT_TAKEN && t->ev.nfds == 1
	    && t->ev.len == 4 && same_file(t->ev.fds[0], watch),
	    say("accepted, it comes"));
	ok((fcntl(t->ev.fds[0], F_GETFD) & FD_CLOEXEC) != 0,
	    say("it is close-on-exec"));
	two_drop(t);
	(void)close(watch);
	ok(two_event(t, t->a) == FDFERRY_EVENT_HANDOFF && t->ev.id == id
	    && t->ev.outcome == FDFERRY_ACCEPTED && t->ev.nfds == 0
	    && fcntl(fd, F_GETFD) < 0, say("the sender's copy is closed"));
	mine = fresh_fd();
	(void)fdferry_channel_handoff(t->a, NULL, 0, mine, FDFERRY_GIVE,
	    NULL, &id);
	(void)two_event(t, t->b);
	ok(fdferry_channel_refuse(t->b, id, 777) == 0
	    && two_event(t, t->a) == FDFERRY_EVENT_HANDOFF
	    && t->ev.outcome == FDFERRY_REFUSED_BACK && t->ev.reason == 777
	    && t->ev.nfds == 1 && t->ev.fds[0] == mine,
	    say("refused, with the reason, it is given back"));
	two_drop(t);
}

static void
untouched(struct two *t)
{
	ok((fcntl(t->sock[0], F_GETFL) & O_NONBLOCK) == 0,
	    say("the channel's socket stays blocking"));
	ok(fdferry_channel_next(t->a, &t->ev) == 0
	    && fdferry_channel_next(t->b, &t->ev) == 0,
	    say("no event is left over"));
}

static void
ends(struct two *t)
{
	int fd = fresh_fd();

	(void)fdferry_channel_handoff(t->a, NULL, 0, fd, FDFERRY_GIVE, NULL,
	    NULL);
	(void)two_event(t, t->b);
	fdferry_channel_free(t->b);
	(void)close(t->sock[1]);
	t->b = NULL;
	t->sock[1] = -1;
	ok(two_event(t, t->a) == FDFERRY_EVENT_HANDOFF
	    && t->ev.outcome == FDFERRY_GONE && t->ev.nfds == 1
	    && t->ev.fds[0] == fd, say("peer freed: the offer is back"));
	two_drop(t);
	ok(two_event(t, t->a) == FDFERRY_EVENT_END && t->ev.error == 0,
	    say("an orderly end is told"));
	ok(fdferry_channel_send(t->a, "x", 1, NULL, 0, 0, NULL) < 0
	    && errno == EPIPE, say("then sending is EPIPE"));
}

static void
one_type(const char *what, int type)
{
	struct two t;
	int i, before = all_fds();

	name = what;
	if (two_open(&t, type, NULL, NULL) < 0) {
		for (i = 0; i < EACH + 1; i++)
			skip(say("all"), "no such sockets here");
		return;
	}
	messages(&t);
	handoffs(&t);
	untouched(&t);
	ends(&t);
	two_close(&t);
	ok(all_fds() == before, say("nothing leaks"));
}

static void
forked(void)
{
	struct fdferry_event ev;
	struct two t;
	int status = -1, before = all_fds(), fd = fresh_fd(), good;
	long timeout;
	pid_t pid;

	(void)two_open(&t, SOCK_STREAM, NULL, NULL);
	two_turn(&t);
	(void)fdferry_channel_send(t.a, "x", 1, &fd, 1, FDFERRY_GIVE, NULL);
	pid = tap_fork();
	if (pid == 0) {
		ev.size = sizeof ev;
		good = fdferry_channel_work(t.a) < 0 && errno == ECHILD;
		good += fdferry_channel_next(t.a, &ev) < 0 && errno == ECHILD;
		good += fdferry_channel_wait(t.a, &ev, NULL) < 0
		    && errno == ECHILD;
		good += fdferry_channel_send(t.a, "y", 1, NULL, 0, 0, NULL)
		    < 0 && errno == ECHILD;
		good += fdferry_channel_cancel(t.a, 0) < 0 && errno == ECHILD;
		good += fdferry_channel_accept(t.a, 1) < 0 && errno == ECHILD;
		good += fdferry_channel_wants(t.a, &timeout) == 0
		    && timeout == -1;
		fdferry_channel_free(t.a);
		good += fcntl(fd, F_GETFD) < 0;
		_exit(good == 8 ? 0 : good + 1);
	}
	(void)waitpid(pid, &status, 0);
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 0,
	    "fork: the child can do nothing but free, which closes its copy");
	ok(two_event(&t, t.b) == FDFERRY_EVENT_MESSAGE && t.ev.len == 1
	    && t.ev.nfds == 1, "fork: the parent's channel goes on");
	two_drop(&t);
	two_close(&t);
	ok(all_fds() == before, "fork: nothing leaks");
}

/* Without a backend there is no channel, and that is said. */
static int
none(void)
{
	int sock = socket(AF_UNIX, SOCK_STREAM, 0);

	plan(1);
	ok(fdferry_channel_new(sock, NULL) == NULL && errno == ENOTSUP,
	    "law 5: no backend, no channel: ENOTSUP");
	return tap_bad;
}

int
main(void)
{
	if (strcmp(fdferry_feature_get("backend"), "none") == 0)
		return none();
	plan(3 * (EACH + 1) + 3);
	one_type("stream", SOCK_STREAM);
	one_type("seqpacket", SOCK_SEQPACKET);
	one_type("datagram", SOCK_DGRAM);
	forked();
	return tap_bad;
}
