/* SPDX-License-Identifier: 0BSD */
/*
 * t/77-channel-memory.c - the N-th allocation fails, for every N, alone or
 * with all that follow. Each message arrives whole or somebody is told,
 * each hand-off has one outcome, nothing leaks.
 */
#include <stdlib.h>

static long allocations, fail_at = -1, fail_on;
static long blocks;		/* allocated and not freed */

/* Shall this one fail? */
static int
no_memory(void)
{
	long n = allocations++;

	return fail_at >= 0 && (n == fail_at || (fail_on && n > fail_at));
}

static void *
scarce_malloc(size_t size)
{
	void *p = no_memory() ? NULL : malloc(size);

	blocks += p != NULL;
	return p;
}

static void *
scarce_calloc(size_t n, size_t size)
{
	void *p = no_memory() ? NULL : calloc(n, size);

	blocks += p != NULL;
	return p;
}

static void *
scarce_realloc(void *old, size_t size)
{
	void *p = no_memory() ? NULL : realloc(old, size);

	blocks += p != NULL && old == NULL;
	return p;
}

static void
scarce_free(void *p)
{
	blocks -= p != NULL;
	free(p);
}

#define malloc scarce_malloc
#define calloc scarce_calloc
#define realloc scarce_realloc
#define free scarce_free
#include "fakewire.h"
#undef malloc
#undef calloc
#undef realloc
#undef free

#include <errno.h>
#include <stdio.h>

#include "chan.h"
#include "tap.h"

#define FILES 300

static struct two t;
static int files[FILES];
static char blob[40000];

struct tally {
	int queued, refused_here;	/* sends: taken, ENOMEM */
	int sent, got, rejected, dropped, failed;
	int offers, taken, handed, outcomes, returned, bad;
};

static void
send_one(struct tally *n, size_t len, size_t nfds)
{
	int fds[FILES], given = nfds == 2;
	size_t i;

	for (i = 0; i < nfds; i++)
		fds[i] = given ? dup(files[i]) : files[i];
	if (fdferry_channel_send(t.a, blob, len, fds, nfds,
	    given ? FDFERRY_GIVE : 0, NULL) == 0) {
		n->queued++;
		return;
	}
	n->bad += errno != ENOMEM;
	n->refused_here++;
	/* Nothing was given. */
	if (given)
		for (i = 0; i < nfds; i++)
			n->bad += close(fds[i]) != 0;
}

static void
hand_one(struct tally *n)
{
	int fd = dup(files[0]);

	if (fdferry_channel_handoff(t.a, "meta", 4, fd, FDFERRY_GIVE, NULL,
	    NULL) == 0) {
		n->handed++;
		return;
	}
	n->bad += errno != ENOMEM || close(fd) != 0;
}

static void
count_event(struct tally *n)
{
	switch (t.ev.type) {
	case FDFERRY_EVENT_SENT: n->sent++; break;
	case FDFERRY_EVENT_REJECTED: n->rejected++; break;
	case FDFERRY_EVENT_FAILED: n->failed++; break;
	case FDFERRY_EVENT_DROPPED: n->dropped += (int)t.ev.count; break;
	case FDFERRY_EVENT_MESSAGE: n->got++; break;
	case FDFERRY_EVENT_OFFER:
		n->offers++;
		n->bad += fdferry_channel_accept(t.b, t.ev.id) != 0;
		break;
	case FDFERRY_EVENT_TAKEN: n->taken++; break;
	case FDFERRY_EVENT_HANDOFF:
		n->outcomes++;
		n->returned += t.ev.outcome == FDFERRY_REFUSED_BACK;
		n->bad += t.ev.outcome == FDFERRY_IN_DOUBT;
		break;
	default: n->bad++; break;
	}
	two_drop(&t);
}

static void
turn(struct tally *n)
{
	int i;

	for (i = 0; i < 60; i++) {
		(void)fdferry_channel_work(t.a);
		(void)fdferry_channel_work(t.b);
		while (fdferry_channel_next(t.a, &t.ev) == 1)
			count_event(n);
		while (fdferry_channel_next(t.b, &t.ev) == 1)
			count_event(n);
		wire_ms += 3;
	}
}

/* The whole conversation, true if everything adds up. */
static int
conversation(int recovers)
{
	struct fdferry_channel_opts o = chan_opts();
	struct tally n;
	int good;

	memset(&n, 0, sizeof n);
	memset(&t, 0, sizeof t);
	t.ev.size = sizeof t.ev;
	o.most_fds = FILES;
	wire_reset();
	allocations = 0;
	t.a = fdferry_channel_new(0, NULL);
	t.b = fdferry_channel_new(1, &o);
	if (t.a == NULL || t.b == NULL) {
		good = errno == ENOMEM;
		fdferry_channel_free(t.a);
		fdferry_channel_free(t.b);
		return good && blocks == 0;
	}
	send_one(&n, 5, 2);
	send_one(&n, 0, 0);
	hand_one(&n);
	send_one(&n, sizeof blob, FILES);
	turn(&n);
	hand_one(&n);
	send_one(&n, 7, 1);
	turn(&n);
	if (recovers) {
		/* Only one failed: the channel is as good as before. */
		fail_at = -1;
		good = n.got;
		send_one(&n, sizeof blob, FILES);
		turn(&n);
		n.bad += n.got != good + 1;
	}
	/* With no memory for ever, a rejection may be stuck unread. */
	good = n.bad == 0 && n.queued == n.sent + n.failed
	    && n.queued + n.handed >= n.got + n.dropped + n.offers
	    && n.taken == n.offers;
	if (recovers)
		good &= n.got + n.rejected == n.sent
		    && n.outcomes == n.handed
		    && n.taken + n.returned == n.handed;
	fdferry_channel_free(t.a);
	fdferry_channel_free(t.b);
	wire_reset();
	if (!good)
		printf("# queued %d sent %d got %d rejected %d failed %d "
		    "dropped %d handed %d offers %d taken %d outcomes %d "
		    "bad %d\n", n.queued, n.sent, n.got, n.rejected, n.failed,
		    n.dropped, n.handed, n.offers, n.taken, n.outcomes,
		    n.bad);
	return good && blocks == 0;
}

static void
each(int on, const char *name)
{
	long n, total, good = 0;
	int before = all_fds();
	char text[200];

	fail_at = -1;
	(void)conversation(1);
	total = allocations;
	for (n = 0; n < total; n++) {
		fail_at = n;
		fail_on = on;
		if (conversation(!on))
			good++;
		else
			printf("# allocation %ld\n", n);
	}
	fail_at = -1;
	(void)snprintf(text, sizeof text, "%s, for each of %ld", name, total);
	ok(total > 20 && good == total && all_fds() == before, text);
}

/* No memory to tell that a message was rejected: it is told later. */
static void
told_later(void)
{
	struct fdferry_channel_opts o = chan_opts();
	long ms = 4711;
	int i;

	memset(&t, 0, sizeof t);
	t.ev.size = sizeof t.ev;
	o.most_bytes = 1;
	wire_reset();
	t.a = fdferry_channel_new(0, NULL);
	t.b = fdferry_channel_new(1, &o);
	two_turn(&t);
	t.a->peer.bytes = 100;		/* it does not care */
	(void)fdferry_channel_send(t.a, "xy", 2, NULL, 0, 0, NULL);
	(void)fdferry_channel_work(t.a);
	(void)fdferry_channel_work(t.b);
	/* SENT is not fetched yet: there is no old memory either. */
	fail_at = allocations;
	fail_on = 0;
	(void)fdferry_channel_work(t.a);
	is(fail_at + 1, allocations, "memory is asked for");
	is(0, (long)fdferry_channel_wants(t.a, &ms), "there is none");
	is(10, ms, "that is asked again after a pause");
	wire_ms += 9;
	for (i = 0; i < 3; i++)
		(void)fdferry_channel_work(t.a);
	is(fail_at + 1, allocations, "not before");
	wire_ms++;
	(void)fdferry_channel_work(t.a);
	fail_at = -1;
	ok(fdferry_channel_next(t.a, &t.ev) == 1
	    && t.ev.type == FDFERRY_EVENT_SENT, "the message was sent");
	ok(fdferry_channel_next(t.a, &t.ev) == 1
	    && t.ev.type == FDFERRY_EVENT_REJECTED && t.ev.error == EMSGSIZE,
	    "then it is told to be rejected");
	is(FDFERRY_WANT_READ, (long)fdferry_channel_wants(t.a, NULL),
	    "and reading goes on");
	fdferry_channel_free(t.a);
	fdferry_channel_free(t.b);
	wire_reset();
	is(0, blocks, "no memory is left behind");
}

int
main(void)
{
	int i;

	chan_need();
	plan(3 + 8);
	for (i = 0; i < FILES; i++)
		files[i] = fresh_fd();
	ok(conversation(1), "with all the memory");
	each(0, "one allocation fails");
	each(1, "it and all after it fail");
	told_later();
	return tap_bad;
}
