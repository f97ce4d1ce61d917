/* SPDX-License-Identifier: 0BSD */
/*
 * t/78-channel-cost.c - what a message and a hand-off cost one who waits for
 * them: calls of the message layer, which are system calls, and allocations.
 * And what saving them must not cost: nothing stays unread unseen, and who
 * only sends hears what the peer says.
 */
#include <stdlib.h>

static long allocations, sends, receives;

static void *
counted_malloc(size_t size)
{
	allocations++;
	return malloc(size);
}

static void *
counted_calloc(size_t n, size_t size)
{
	allocations++;
	return calloc(n, size);
}

static void *
counted_realloc(void *old, size_t size)
{
	allocations++;
	return realloc(old, size);
}

#include "../lib/backend.h"

#include <stdint.h>
#include <sys/socket.h>

static ptrdiff_t
counted_sendv(int sock, const struct iovec *iov, int iovcnt, const int *fds,
    size_t nfds, unsigned int flags, const struct fdferry_opts *opts,
    struct fdferry_result *result)
{
	sends++;
	return fdferry_sendv(sock, iov, iovcnt, fds, nfds, flags, opts, result);
}

static ptrdiff_t
counted_recv(int sock, void *buf, size_t len, int *fds, size_t room,
    unsigned int flags, const struct fdferry_opts *opts,
    struct fdferry_result *result)
{
	receives++;
	return fdferry_recv(sock, buf, len, fds, room, flags, opts, result);
}

#define malloc counted_malloc
#define calloc counted_calloc
#define realloc counted_realloc
#define fdferry_sendv counted_sendv
#define fdferry_recv counted_recv
#include "ownchan.h"
#undef malloc
#undef calloc
#undef realloc
#undef fdferry_sendv
#undef fdferry_recv

#include <stdio.h>

#include "chan.h"
#include "tap.h"

#define ROUNDS 40
#define SPARE 4	/* reads of one who had only written for a while */

static struct two t;
static int fds[3];

static void
begin(void)
{
	(void)two_open(&t, SOCK_STREAM, NULL, NULL);
	two_turn(&t);
}

/* The next event of `ch`, and it is the one that is meant. */
static int
comes(struct fdferry_channel *ch, int type)
{
	struct timespec when;

	(void)fdferry_deadline(&when, SOON);
	return fdferry_channel_wait(ch, &t.ev, &when) == 1
	    && t.ev.type == type;
}

static int
message(size_t n)
{
	int good = fdferry_channel_send(t.a, "data", 4, fds, n, 0, NULL) == 0
	    && comes(t.a, FDFERRY_EVENT_SENT)
	    && comes(t.b, FDFERRY_EVENT_MESSAGE) && t.ev.nfds == n;

	two_drop(&t);
	return good;
}

static int
handoff(void)
{
	int good = fdferry_channel_handoff(t.a, "data", 4, fds[0], 0, NULL,
	    NULL) == 0
	    && fdferry_channel_work(t.a) == 0
	    && comes(t.b, FDFERRY_EVENT_OFFER)
	    && fdferry_channel_accept(t.b, t.ev.id) == 0
	    && comes(t.b, FDFERRY_EVENT_TAKEN);

	two_drop(&t);
	return good && comes(t.a, FDFERRY_EVENT_HANDOFF)
	    && t.ev.outcome == FDFERRY_ACCEPTED;
}

static void
calls(long most_sends, long most_receives, const char *name)
{
	/* Over STREAMS descriptors and bytes go one by one. */
	if (fdferry_max_fds() == 1)
		skip(name, "descriptors go alone");
	else
		ok(sends <= most_sends && receives <= most_receives + SPARE,
		    name);
	if (sends > most_sends || receives > most_receives + SPARE)
		printf("# %ld sends, %ld receives\n", sends, receives);
}

static void
is_none(long n)
{
	ok(n == 0, "and nothing is allocated");
	if (n != 0)
		printf("# %ld allocations\n", n);
}

static void
cost(void)
{
	size_t n = fdferry_max_fds() < 3 ? fdferry_max_fds() : 3;
	int i, good = 0;

	begin();
	for (i = 0; i < 3; i++)
		good += handoff() && message(n) && message(n);
	allocations = sends = receives = 0;
	for (i = 0; i < ROUNDS; i++)
		good += message(n);
	ok(good == 3 + ROUNDS, "messages arrive");
	calls(ROUNDS, ROUNDS, "a message is one send and one receive");
	is_none(allocations);
	allocations = sends = receives = 0;
	for (i = 0; i < ROUNDS; i++)
		good += handoff();
	ok(good == 3 + 2 * ROUNDS, "hand-offs arrive");
	calls(2 * ROUNDS, 3 * ROUNDS,
	    "a hand-off is two of each, and one look before it is sent");
	is_none(allocations);
	two_close(&t);
}

/* What is kept for the next message is small. */
static void
large(void)
{
	static char blob[40000];

	begin();
	(void)fdferry_channel_send(t.a, blob, sizeof blob, fds, 1, 0, NULL);
	ok(two_event(&t, t.b) == FDFERRY_EVENT_MESSAGE
	    && t.ev.len == sizeof blob, "a large message");
	two_drop(&t);
	(void)two_event(&t, t.a);
	ok(fdferry_channel_next(t.a, &t.ev) == 0
	    && fdferry_channel_next(t.b, &t.ev) == 0
	    && t.a->nspare == 0 && t.b->nspare == 0, "and none of it is kept");
	two_close(&t);
}

/* One event was enough for the call that waits: an event loop that takes over
   is told at once that there may be more. */
static void
taken_over(void)
{
	long ms = -2;

	begin();
	(void)fdferry_channel_send(t.a, "1", 1, fds, 1, 0, NULL);
	(void)fdferry_channel_send(t.a, "2", 1, fds, 1, 0, NULL);
	(void)fdferry_channel_work(t.a);
	ok(comes(t.b, FDFERRY_EVENT_MESSAGE), "the first of two");
	two_drop(&t);
	(void)fdferry_channel_wants(t.b, &ms);
	ok(ms == 0, "wants() says that there may be more");
	(void)fdferry_channel_work(t.b);
	ok(fdferry_channel_next(t.b, &t.ev) == 1
	    && t.ev.type == FDFERRY_EVENT_MESSAGE, "and the second is there");
	two_drop(&t);
	(void)fdferry_channel_wants(t.b, &ms);
	ok(ms == -1, "and then nothing");
	two_close(&t);
}

/* What is dropped is counted, not told one by one. */
static void
dropped(void)
{
	struct fdferry_channel_opts o = chan_opts();
	struct timespec when;
	int i;

	o.most_offers = 1;
	(void)two_open(&t, SOCK_STREAM, NULL, &o);
	two_turn(&t);
	t.a->peer.offers = 10; /* it does not keep to what it was told */
	for (i = 0; i < 4; i++)
		(void)fdferry_channel_handoff(t.a, NULL, 0, fds[0], 0, NULL,
		    NULL);
	(void)fdferry_channel_work(t.a);
	(void)fdferry_deadline(&when, SOON);
	ok(comes(t.b, FDFERRY_EVENT_OFFER)
	    && fdferry_channel_wait(t.b, &t.ev, &when) == 1
	    && t.ev.type == FDFERRY_EVENT_DROPPED && t.ev.count == 3,
	    "three that are dropped are one event");
	two_close(&t);
}

/* Who sends and waits for SENT, and again, reads what the peer says. */
static void
hears(void)
{
	int i, heard = 0;

	begin();
	(void)fdferry_channel_send(t.b, "stop", 4, NULL, 0, 0, NULL);
	(void)fdferry_channel_work(t.b);
	for (i = 0; i < ROUNDS && !heard; i++) {
		(void)fdferry_channel_send(t.a, "x", 1, NULL, 0, 0, NULL);
		if (!comes(t.a, FDFERRY_EVENT_SENT))
			heard = t.ev.type == FDFERRY_EVENT_MESSAGE;
	}
	ok(heard && i < ROUNDS, "who only sends hears the peer");
	two_close(&t);
}

int
main(void)
{
	int before, i;

	chan_need();
	plan(15);
	for (i = 0; i < 3; i++)
		fds[i] = fresh_fd();
	before = all_fds();
	cost();
	large();
	taken_over();
	dropped();
	hears();
	ok(all_fds() == before, "nothing leaks");
	return tap_bad;
}
