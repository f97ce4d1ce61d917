/* SPDX-License-Identifier: 0BSD */
/*
 * t/72-channel-limits.c - what a receiver is willing to take, per message,
 * per connection and in total; what is refused is closed and both are told.
 */
#include "../lib/detect.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "chan.h"
#include "tap.h"

#define SOME 12

static struct two t;
static struct raw raw;
static int fds[SOME];
static int before;

static void
finish(const char *name)
{
	two_close(&t);
	ok(all_fds() == before, name);
}

static unsigned long
held(const struct fdferry_channel *ch)
{
	struct fdferry_channel_stats n;

	n.size = sizeof n;
	(void)fdferry_channel_count(ch, &n);
	return n.held;
}

/* The sender knows what the peer takes. */
static void
told(void)
{
	struct fdferry_channel_opts o = chan_opts();
	struct fdferry_channel_stats n;
	static const char much[101];
	unsigned long id;

	before = all_fds();
	o.most_bytes = 100;
	o.most_fds = 3;
	o.most_offers = FDFERRY_NONE;
	(void)two_open(&t, SOCK_STREAM, NULL, &o);
	(void)fdferry_channel_send(t.a, "x", 1, fds, 4, 0, &id);
	ok(two_event(&t, t.a) == FDFERRY_EVENT_FAILED && t.ev.id == id
	    && t.ev.error == E2BIG && two_quiet(&t, t.b),
	    "queued before the limits came: FAILED, nothing is sent");
	n.size = sizeof n;
	(void)fdferry_channel_count(t.a, &n);
	ok(n.peer_bytes == 100 && n.peer_fds == 3 && n.peer_offers == 0,
	    "the limits can be asked for");
	ok(fdferry_channel_send(t.a, "x", 1, fds, 4, 0, NULL) < 0
	    && errno == E2BIG, "too many descriptors: E2BIG at once");
	ok(fdferry_channel_send(t.a, much, sizeof much, NULL, 0, 0, NULL) < 0
	    && errno == EMSGSIZE, "too much data: EMSGSIZE at once");
	ok(fdferry_channel_handoff(t.a, NULL, 0, fds[0], 0, NULL, NULL) < 0
	    && errno == E2BIG, "no hand-offs: likewise");
	ok(fdferry_channel_send(t.a, "x", 1, fds, 3, 0, NULL) == 0
	    && two_event(&t, t.b) == FDFERRY_EVENT_MESSAGE
	    && t.ev.nfds == 3, "up to the limit it goes");
	two_drop(&t);
	finish("told: nothing leaks");
}

/* A peer that does not care: one message of `type` over a limit. */
static void
ignored(unsigned long bytes, unsigned long nfds, unsigned int reason,
    const char *name)
{
	struct fdferry_channel_opts o = chan_opts();
	static char data[200];

	before = all_fds();
	o.most_bytes = 100;
	o.most_fds = 3;
	raw_open(&t, SOCK_STREAM, &o);
	raw_put(t.sock[1], MESSAGE, 9, data, bytes, fds, nfds, bytes + 10,
	    nfds + 2);
	raw_put(t.sock[1], MORE, 9, data, 10, fds, 2, 0, 0);
	raw_put(t.sock[1], MESSAGE, 10, "ok", 2, fds, 1, 2, 1);
	ok(two_event(&t, t.a) == FDFERRY_EVENT_DROPPED && t.ev.id == 9
	    && t.ev.reason == reason && t.ev.count == 1
	    && raw_get(t.sock[1], &raw, SOON) == REJECT && raw.id == 9
	    && raw.arg == reason, name);
	ok(two_event(&t, t.a) == FDFERRY_EVENT_MESSAGE && t.ev.id == 10
	    && t.ev.nfds == 1, "all its pieces are closed; the next comes");
	two_drop(&t);
	finish("over a limit: nothing leaks");
}

static void
per_connection(void)
{
	struct fdferry_channel_opts o = chan_opts();
	long timeout;
	unsigned int wants;
	int i;

	before = all_fds();
	o.most_fds = 3;
	o.most_held = 5;
	(void)two_open(&t, SOCK_STREAM, NULL, &o);
	for (i = 0; i < 4; i++)
		(void)fdferry_channel_send(t.a, "x", 1, fds, 3, 0, NULL);
	two_turn(&t);
	wants = fdferry_channel_wants(t.b, &timeout);
	ok(held(t.b) == 3 && (wants & FDFERRY_WANT_READ) == 0,
	    "held: reading stops while nobody fetches");
	(void)fdferry_channel_next(t.b, &t.ev);
	(void)fdferry_channel_wants(t.b, &timeout);
	ok(t.ev.type == FDFERRY_EVENT_MESSAGE && t.ev.nfds == 3
	    && timeout == 0, "held: one is fetched: there is work at once");
	two_drop(&t);
	for (i = 1; i < 4; i++) {
		if (two_event(&t, t.b) != FDFERRY_EVENT_MESSAGE
		    || t.ev.nfds != 3)
			break;
		two_drop(&t);
	}
	ok(i == 4 && held(t.b) == 0, "held: fetched, it goes on");
	/* It had stopped before it knew that nothing more was there. */
	(void)fdferry_channel_work(t.b);
	wants = fdferry_channel_wants(t.b, &timeout);
	ok(wants == FDFERRY_WANT_READ && timeout == -1, "held: at rest again");
	finish("held: nothing leaks");

	/* Offers that the application has cannot be waited for. */
	before = all_fds();
	o.most_held = 3;
	raw_open(&t, SOCK_STREAM, &o);
	raw_put(t.sock[1], OFFER, 1, NULL, 0, fds, 1, 0, 1);
	(void)two_event(&t, t.a);
	raw_put(t.sock[1], MESSAGE, 2, "x", 1, fds, 3, 1, 3);
	ok(two_event(&t, t.a) == FDFERRY_EVENT_DROPPED
	    && t.ev.reason == FDFERRY_REASON_BUSY
	    && raw_get(t.sock[1], &raw, SOON) == REJECT,
	    "held by offers: rejected");
	finish("held by offers: nothing leaks");
}

static void
offers(void)
{
	struct fdferry_channel_opts o = chan_opts();
	struct fdferry_channel_stats n;
	unsigned long first, id;
	int i;

	before = all_fds();
	o.most_offers = 2;
	raw_open(&t, SOCK_STREAM, &o);
	for (i = 1; i <= 3; i++)
		raw_put(t.sock[1], OFFER, (unsigned long)i, NULL, 0, fds, 1,
		    0, 1);
	two_turn(&t);
	ok(raw_get(t.sock[1], &raw, SOON) == REFUSE && raw.id == 3
	    && raw.arg == FDFERRY_REASON_BUSY,
	    "more offers than stated: refused");
	finish("offers: what was not answered is closed");

	before = all_fds();
	n.size = sizeof n;
	(void)two_open(&t, SOCK_STREAM, NULL, &o);
	for (i = 0; i < 5; i++)
		(void)fdferry_channel_handoff(t.a, NULL, 0, fds[i], 0, NULL,
		    i == 0 ? &first : &id);
	two_turn(&t);
	(void)fdferry_channel_count(t.a, &n);
	ok(n.unanswered == 2 && n.queued == 3, "our offers wait for a place");
	(void)two_event(&t, t.b);
	(void)fdferry_channel_refuse(t.b, first, 0);
	two_turn(&t);
	(void)fdferry_channel_count(t.a, &n);
	ok(n.unanswered == 2 && n.queued == 2 && n.refused == 1,
	    "an answer makes one");
	finish("our offers: nothing leaks");
}

static void
in_total(void)
{
	struct fdferry_channel_budget budget;
	struct fdferry_channel_opts o = chan_opts();
	struct two u;

	before = all_fds();
	memset(&budget, 0, sizeof budget);
	budget.size = sizeof budget;
	budget.most = 4;
	o.budget = &budget;
	(void)two_open(&t, SOCK_STREAM, NULL, &o);
	(void)two_open(&u, SOCK_STREAM, NULL, &o);
	(void)fdferry_channel_send(t.a, "x", 1, fds, 3, 0, NULL);
	two_turn(&t);
	(void)fdferry_channel_send(u.a, "x", 1, fds, 2, 0, NULL);
	ok(budget.held == 3 && two_event(&u, u.b) == FDFERRY_EVENT_DROPPED
	    && u.ev.reason == FDFERRY_REASON_BUSY,
	    "in total: the second connection gets no more");
	ok(two_event(&u, u.a) == FDFERRY_EVENT_SENT
	    && two_event(&u, u.a) == FDFERRY_EVENT_REJECTED
	    && u.ev.error == EAGAIN, "in total: its sender is told");
	/* What we hold ourselves need only be fetched. */
	(void)fdferry_channel_send(t.a, "y", 1, fds, 2, 0, NULL);
	two_turn(&t);
	ok(two_event(&t, t.b) == FDFERRY_EVENT_MESSAGE
	    && (two_drop(&t), 1)
	    && two_event(&t, t.b) == FDFERRY_EVENT_MESSAGE && t.ev.nfds == 2,
	    "in total: what its own fetching makes room for can wait");
	two_drop(&t);
	(void)fdferry_channel_send(u.a, "x", 1, fds, 2, 0, NULL);
	ok(budget.held == 0 && two_event(&u, u.b) == FDFERRY_EVENT_MESSAGE,
	    "in total: what was fetched does not count");
	two_drop(&u);
	(void)fdferry_channel_send(u.a, "x", 1, fds, 2, 0, NULL);
	two_turn(&u);
	two_close(&u);
	ok(budget.held == 0, "in total: what was freed does not either");
	finish("in total: nothing leaks");
}

static void
policies(void)
{
	struct fdferry_channel_opts o = chan_opts();
	struct fdferry_policy policy;
	unsigned long nobody = 4242424;
	int mixed[2];

	before = all_fds();
	memset(&policy, 0, sizeof policy);
	policy.size = sizeof policy;
	policy.kinds = FDFERRY_KIND_BIT(FDFERRY_KIND_PIPE);
	o.policy = &policy;
	(void)two_open(&t, SOCK_STREAM, NULL, &o);
	mixed[0] = fds[0];
	mixed[1] = t.sock[0];
	(void)fdferry_channel_send(t.a, "x", 1, mixed, 2, 0, NULL);
	(void)fdferry_channel_send(t.a, "y", 1, fds, 2, 0, NULL);
	ok(two_event(&t, t.b) == FDFERRY_EVENT_DROPPED
	    && t.ev.reason == FDFERRY_REASON_POLICY && t.ev.error == EACCES,
	    "policy: a kind that is not allowed: the message is refused");
	ok(two_event(&t, t.b) == FDFERRY_EVENT_MESSAGE && t.ev.nfds == 2,
	    "policy: the next, of pipes, is not");
	two_drop(&t);
	finish("policy: nothing leaks");
	before = all_fds();
	policy.kinds = 0;
	policy.uids = &nobody;
	policy.nuids = 1;
	(void)two_open(&t, SOCK_STREAM, NULL, &o);
	(void)fdferry_channel_send(t.a, "x", 1, fds, 2, 0, NULL);
	ok(two_event(&t, t.b) == FDFERRY_EVENT_DROPPED
	    && t.ev.reason == FDFERRY_REASON_POLICY,
	    "policy: a sender that is not allowed");
	finish("policy: nothing leaks then");
}

/* A peer that sends and sends. */
/*
 * A message of too much data, with a descriptor: is it with the kernel? Not if
 * the channel does not read although it is asked to. The rest of one that was
 * taken in part goes with the next call.
 */
static int
rejected_put(unsigned long number)
{
	static unsigned char frame[34];
	static size_t sent;
	static int begun;		/* the descriptor has gone */
	ptrdiff_t n;
	int i;

	if (!begun)
		raw_head(frame, MESSAGE, number, 2, 1, 2, 1);
	for (i = 0; i < 3; i++) {
		n = fdferry_send(t.sock[1], frame + sent, sizeof frame - sent,
		    fds, !begun, FDFERRY_NONBLOCK, NULL, NULL);
		if (n >= 0) {
			begun = 1;
			sent += (size_t)n;
		}
		if (sent == sizeof frame) {
			sent = 0;
			begun = 0;
			return 1;
		}
		if (n < 0 && errno != EAGAIN)
			bail("flood");
		two_turn(&t);
	}
	return 0;
}

static void
floods(void)
{
	struct fdferry_channel_opts o = chan_opts();
	long timeout;
	unsigned long i, n = 0, answers = 0, unread = 0;

	before = all_fds();
	(void)two_open(&t, SOCK_STREAM, NULL, NULL);
	for (i = 0; i < 1000; i++)
		(void)fdferry_channel_send(t.a, "x", 1, NULL, 0, 0, NULL);
	for (i = 0; i < 20; i++) {
		two_turn(&t);
		while (fdferry_channel_next(t.a, &t.ev) == 1)
			continue;
	}
	ok((fdferry_channel_wants(t.b, &timeout) & FDFERRY_WANT_READ) == 0,
	    "flood: reading stops");
	while (n < 1000 && two_event(&t, t.b) == FDFERRY_EVENT_MESSAGE) {
		/* Even ones are for offers. */
		n += t.ev.id == 2 * n + 1;
		while (fdferry_channel_next(t.a, &t.ev) == 1)
			continue;
	}
	ok(n == 1000, "flood: all is fetched, in order");
	finish("flood: nothing leaks");

	/* Rejections that the peer does not read: more than we keep, and than
	   the sockets hold. Only then it reads one. */
	before = all_fds();
	o.most_bytes = 1;
	raw_open(&t, SOCK_STREAM, &o);
	for (i = 1; i <= 4000; ) {
		if (rejected_put(i)) {
			i++;
			continue;
		}
		unread = i - answers > unread ? i - answers : unread;
		if (raw_get(t.sock[1], &raw, 2) == REJECT
		    && raw.id == answers + 1)
			answers++;
	}
	/* gVisor's sockets hold all of them. */
	unread = i - 1 - answers > unread ? i - 1 - answers : unread;
	ok(unread > 1024, "flood: more than are kept wait for the peer");
	for (i = 0; i < 1000 && answers < 4000; i++) {
		two_turn(&t);
		while (raw_get(t.sock[1], &raw, 2) == REJECT
		    && raw.id == answers + 1)
			answers++;
	}
	ok(answers == 4000, "flood: each rejection is told, in order");
	(void)two_event(&t, t.a);
	ok(t.ev.type == FDFERRY_EVENT_DROPPED && t.ev.count == 4000,
	    "flood: and counted in one event here");
	finish("flood of rejections: nothing leaks");
}

/* What was received and never fetched. */
static void
unfetched(void)
{
	before = all_fds();
	raw_open(&t, SOCK_STREAM, NULL);
	raw_put(t.sock[1], MESSAGE, 1, "x", 1, fds, 5, 1, 5);
	raw_put(t.sock[1], OFFER, 2, NULL, 0, fds, 1, 0, 1);
	raw_put(t.sock[1], MESSAGE, 3, "x", 1, fds, 5, 100, 50);
	two_turn(&t);
	ok(all_fds() == before + 13, "unfetched: held by the channel");
	finish("unfetched: closed with it");
}

int
main(void)
{
	int i;

	chan_need();
	plan(45);
	for (i = 0; i < SOME; i++)
		fds[i] = fresh_fd();
	told();
	ignored(20, 5, FDFERRY_REASON_FDS,
	    "over the limit of descriptors: rejected");
	ignored(120, 1, FDFERRY_REASON_BYTES,
	    "over the limit of data: rejected");
	per_connection();
	offers();
	in_total();
	policies();
	floods();
	unfetched();
	return tap_bad;
}
