/* SPDX-License-Identifier: 0BSD */
/*
 * t/78-channel-edges.c - where a channel stops, and that it goes on: what it
 * wants, reads and writes in one turn, a stall, rejections that are kept, and
 * what crosses what.
 */
#include "fakechan.h"

#include <fcntl.h>

/* ---- what it wants ---- */

static void
wants(void)
{
	long ms = 4711;

	begin(NULL, NULL);
	is(FDFERRY_WANT_READ | FDFERRY_WANT_WRITE,
	    (long)fdferry_channel_wants(t.a, &ms),
	    "a new channel wants to read, and to say HELLO");
	is(-1, ms, "and no time");
	is(FDFERRY_WANT_READ | FDFERRY_WANT_WRITE,
	    (long)fdferry_channel_wants(t.a, NULL), "nobody asks for the time");
	(void)fdferry_channel_work(t.a);
	is(FDFERRY_WANT_READ, (long)fdferry_channel_wants(t.a, &ms),
	    "HELLO said: only to read");
	is(-1, ms, "and no time then");
	(void)fdferry_channel_send(t.a, "x", 1, NULL, 0, 0, NULL);
	is(FDFERRY_WANT_READ, (long)fdferry_channel_wants(t.a, NULL),
	    "a message has to wait for the peer's HELLO");
	(void)fdferry_channel_work(t.b);
	(void)fdferry_channel_work(t.a);
	is(FDFERRY_EVENT_SENT, event(t.a), "then it goes");
	is(0, (long)t.ev.reason, "SENT: no reason");
	is(0, t.ev.error, "SENT: no error");
	is(0, (long)t.ev.nfds, "SENT: no descriptors");
	ok(t.ev.data == NULL && t.ev.len == 0, "SENT: no data");
	is(FDFERRY_EVENT_MESSAGE, event(t.b), "and comes");
	is(0, (long)t.ev.reason, "MESSAGE: no reason");
	is(0, t.ev.error, "MESSAGE: no error");
	is(0, (long)t.ev.count, "MESSAGE: no count");
	is(0, t.ev.outcome, "MESSAGE: no outcome");
	finish();
}

/* Edge triggers say once that there is something to read. */
static void
many_reads(void)
{
	int i;

	begin(NULL, NULL);
	work();
	wires[1].recv_most = 33;	/* a receive each */
	for (i = 0; i < 50; i++) {
		(void)fdferry_channel_send(t.b, "x", 1, NULL, 0, 0, NULL);
		(void)fdferry_channel_work(t.b);
	}
	wire_calls = 0;
	(void)fdferry_channel_work(t.a);
	is(32, wire_calls, "one turn receives 32 times");
	is(0, timeout_of(t.a), "and then wants another turn at once");
	for (i = 0; event(t.a) == FDFERRY_EVENT_MESSAGE; i++)
		continue;
	is(50, i, "all of it comes");
	is(-1, timeout_of(t.a), "then it has time");
	finish();
}

/* Somebody who writes more than 64 frames lets the others have a turn. */
static void
many_writes(void)
{
	int i;

	begin(NULL, NULL);
	work();
	for (i = 0; i < 100; i++)
		(void)fdferry_channel_send(t.a, "x", 1, NULL, 0, 0, NULL);
	(void)fdferry_channel_work(t.a);
	is(36, (long)counts(t.a).queued, "one turn writes 64 frames");
	is(0, timeout_of(t.a), "and then wants another turn at once");
	(void)fdferry_channel_work(t.a);
	is(0, (long)counts(t.a).queued, "which writes the rest");
	is(-1, timeout_of(t.a), "then it has time again");
	finish();
}

/* ---- stalled, and on again ---- */

static void
stalled(void)
{
	struct fdferry_channel_opts o = chan_opts();
	int i;

	o.most_bytes = 10;
	begin(NULL, &o);
	work();
	for (i = 0; i < 3; i++)
		(void)fdferry_channel_send(t.a, "0123456789", 10, NULL, 0, 0,
		    NULL);
	work();
	is(0, (long)fdferry_channel_wants(t.b, NULL),
	    "as much unfetched as one message may have: nothing is wanted");
	is(-1, timeout_of(t.b), "and no time");
	wire_calls = 0;
	for (i = 0; i < 5; i++)
		(void)fdferry_channel_work(t.b);
	is(0, wire_calls, "turning it does not read on");
	for (i = 0; i < 3; i++) {
		if (fdferry_channel_next(t.b, &t.ev) != 1
		    || t.ev.type != FDFERRY_EVENT_MESSAGE || t.ev.len != 10)
			break;
		if (i < 2 && timeout_of(t.b) != 0)
			break;
		(void)fdferry_channel_work(t.b);
	}
	is(3, i, "each that is fetched makes room for the next, at once");
	is(FDFERRY_WANT_READ, (long)fdferry_channel_wants(t.b, NULL),
	    "then it wants to read again");
	finish();
}

/* One descriptor that nobody has fetched, and no more may be held. */
static void
one_held(void)
{
	struct fdferry_channel_opts o = chan_opts();

	o.most_fds = o.most_held = 1;
	begin(NULL, &o);
	work();
	(void)fdferry_channel_send(t.a, "x", 1, &file, 1, 0, NULL);
	(void)fdferry_channel_send(t.a, "y", 1, &file, 1, 0, NULL);
	work();
	is(1, (long)counts(t.b).held, "one is held, as many as may be");
	is(FDFERRY_EVENT_MESSAGE, event(t.b), "it is fetched");
	two_drop(&t);
	is(FDFERRY_EVENT_MESSAGE, event(t.b), "the next has waited for that");
	is(1, (long)t.ev.nfds, "and has its own");
	two_drop(&t);
	is(0, (long)counts(t.b).dropped, "none was dropped");
	finish();
}

/* What was too much is told once for all, and no more after that. */
static void
dropped(void)
{
	struct fdferry_channel_opts o = chan_opts();
	int i;

	o.most_bytes = 1;
	begin(&o, NULL);
	work();
	t.b->peer.bytes = 100;		/* it does not care */
	for (i = 0; i < 3; i++)
		(void)fdferry_channel_send(t.b, "xy", 2, NULL, 0, 0, NULL);
	(void)fdferry_channel_send(t.b, "z", 1, NULL, 0, 0, NULL);
	is(FDFERRY_EVENT_DROPPED, event(t.a), "three of excess: dropped");
	is(3, (long)t.ev.count, "told together");
	is(EMSGSIZE, t.ev.error, "why");
	is(FDFERRY_REASON_BYTES, (long)t.ev.reason, "in the peer's words");
	is(FDFERRY_EVENT_MESSAGE, event(t.a), "then the next is fetched");
	is(0, (long)t.ev.count, "which counts nothing");
	is(0, (long)t.ev.reason, "and has no reason");
	ok(t.ev.len == 1 && memcmp(t.ev.data, "z", 1) == 0, "it is whole");
	(void)fdferry_channel_send(t.b, "xy", 2, NULL, 0, 0, NULL);
	is(FDFERRY_EVENT_DROPPED, event(t.a), "one more of excess");
	is(1, (long)t.ev.count, "the count began anew");
	is(4, (long)counts(t.a).dropped, "the sum goes on");
	(void)fdferry_channel_send(t.b, "z", 1, NULL, 0, 0, NULL);
	(void)fdferry_channel_send(t.b, "xy", 2, NULL, 0, 0, NULL);
	work();
	is(FDFERRY_EVENT_MESSAGE, event(t.a), "a message, an excess behind it");
	is(0, (long)t.ev.count, "counts nothing");
	is(FDFERRY_EVENT_DROPPED, event(t.a), "the excess");
	is(1, (long)t.ev.count, "counts itself");
	finish();
}

/* More rejections than are kept: reading stops, and goes on. */
static void
rejections(void)
{
	struct fdferry_channel_opts o = chan_opts();
	const int some = FDFERRY__REJECTIONS + 200;
	int i, told = 0, back = 0;

	o.most_bytes = 1;
	begin(&o, NULL);
	work();
	t.b->peer.bytes = 100;
	wires[0].fail_all = EAGAIN;
	for (i = 0; i < some; i++) {
		(void)fdferry_channel_send(t.b, "xy", 2, NULL, 0, 0, NULL);
		(void)fdferry_channel_work(t.b);
		while (fdferry_channel_next(t.b, &t.ev) == 1)
			continue;
		(void)fdferry_channel_work(t.a);
	}
	is(FDFERRY__REJECTIONS, (long)t.a->nrejections,
	    "rejections that cannot be sent are kept");
	is(0, (long)(fdferry_channel_wants(t.a, NULL) & FDFERRY_WANT_READ),
	    "as many as there is room for, then reading stops");
	wires[0].fail_all = 0;
	wire_ms += 100;
	for (i = 0; i < 2000 && back < some; i++) {
		work();
		while (fdferry_channel_next(t.a, &t.ev) == 1)
			if (t.ev.type == FDFERRY_EVENT_DROPPED)
				told += (int)t.ev.count;
		while (fdferry_channel_next(t.b, &t.ev) == 1)
			back += t.ev.type == FDFERRY_EVENT_REJECTED;
	}
	is(some, told, "they are sent, and the rest is read");
	is(some, back, "and the sender learns of each");
	(void)fdferry_channel_send(t.b, "z", 1, NULL, 0, 0, NULL);
	is(FDFERRY_EVENT_MESSAGE, event(t.a), "the channel goes on");
	is(0, (long)t.a->nrejections, "nothing is left to be said");
	finish();
}

/* ---- pauses ---- */

/* How long it waits for a kernel that takes nothing, time after time. */
static void
pauses(int error, int half, const long ms[7], const char *name)
{
	size_t at;
	int i, good = 1;
	long told;

	begin(NULL, NULL);
	work();
	at = wires[0].len;
	(void)fdferry_channel_send(t.a, "0123456789", 10, NULL, 0, 0, NULL);
	if (half) {
		wires[0].send_most = 5;
		wires[0].fail_all_after = 1;
	}
	wires[0].fail_all = error;
	for (i = 0; i < 7; i++) {
		(void)fdferry_channel_work(t.a);
		told = timeout_of(t.a);
		good &= told == ms[i] && (told > 0)
		    == !(fdferry_channel_wants(t.a, NULL)
		    & FDFERRY_WANT_WRITE);
		if (told != ms[i])
			diag("%d: expected %ld, got %ld", i, ms[i], told);
		wire_ms += told > 0 ? told : 0;
	}
	ok(good, name);
	is((long)(half ? at + 5 : at), (long)wires[0].len,
	    "nothing more has left");
	wires[0].fail_all = 0;
	wires[0].send_most = 0;
	(void)fdferry_channel_work(t.a);
	is((long)at + 42, (long)wires[0].len, "then all of it goes at once");
	finish();
}

/* Too many in flight: the same, up to 64 ms. */
static void
refs(void)
{
	static const long ms[] = { 1, 2, 4, 8, 16, 32, 64, 64, 64 };
	int i, good = 1;

	begin(NULL, NULL);
	work();
	(void)fdferry_channel_send(t.a, "x", 1, &file, 1, 0, NULL);
	wires[0].fail = ETOOMANYREFS;
	wires[0].fail_times = 9;
	for (i = 0; i < 9; i++) {
		(void)fdferry_channel_work(t.a);
		good &= timeout_of(t.a) == ms[i];
		wire_ms += ms[i] - 1;
		(void)fdferry_channel_work(t.a);
		good &= wires[0].fail_times == 8 - i;
		wire_ms++;
	}
	ok(good, "too many in flight: pauses up to 64 ms");
	is(FDFERRY_EVENT_MESSAGE, event(t.b), "then it goes");
	two_drop(&t);
	finish();
}

/* ---- what crosses what ---- */

/* An answer comes while CANCEL is half sent: it is sent whole all the same. */
static void
answer_first(void)
{
	unsigned long id;
	size_t at;

	begin(NULL, NULL);
	work();
	id = offer(10000);
	is(FDFERRY_EVENT_OFFER, event(t.b), "an offer");
	is(0, fdferry_channel_accept(t.b, t.ev.id), "accepted");
	at = wires[0].len;
	wires[0].send_stop = at + 9;
	is(0, fdferry_channel_cancel(t.a, id), "called back, too late");
	wires[1].recv_stop = wires[1].taken;
	(void)fdferry_channel_work(t.a);
	is((long)at + 9, (long)wires[0].len, "a part of CANCEL has left");
	(void)fdferry_channel_work(t.b);
	is(FDFERRY_EVENT_HANDOFF, event(t.a), "the answer is there first");
	is(FDFERRY_ACCEPTED, t.ev.outcome, "and counts");
	is((long)at + 32, (long)wires[0].len, "CANCEL is whole");
	is(FDFERRY_EVENT_TAKEN, event(t.b), "and harms nobody");
	two_drop(&t);
	(void)fdferry_channel_send(t.a, "x", 1, NULL, 0, 0, NULL);
	is(FDFERRY_EVENT_MESSAGE, event(t.b), "the channel goes on");
	finish();
}

/* Two are called back while nothing can be written; the second is answered. */
static void
two_recalled(void)
{
	unsigned long id[2];
	size_t at;

	begin(NULL, NULL);
	work();
	id[0] = offer(10000);
	id[1] = offer(10000);
	work();
	at = wires[0].len;
	wires[0].fail_all = EAGAIN;
	is(0, fdferry_channel_cancel(t.a, id[0]), "the first is called back");
	is(0, fdferry_channel_cancel(t.a, id[1]), "the second too");
	(void)fdferry_channel_work(t.a);
	is(FDFERRY_EVENT_OFFER, event(t.b), "the first is not answered");
	is(FDFERRY_EVENT_OFFER, event(t.b), "the second");
	is(0, fdferry_channel_accept(t.b, t.ev.id), "is accepted");
	is(FDFERRY_EVENT_HANDOFF, event(t.a), "which is told");
	ok(t.ev.id == id[1] && t.ev.outcome == FDFERRY_ACCEPTED, "as it is");
	wires[0].fail_all = 0;
	wire_ms += 100;
	is(FDFERRY_EVENT_HANDOFF, event(t.a), "then the first");
	ok(t.ev.id == id[0] && t.ev.outcome == FDFERRY_REFUSED_BACK
	    && t.ev.error == ECANCELED, "is back");
	is((long)at + 32, (long)wires[0].len, "one CANCEL was sent, not two");
	while (event(t.b) != FDFERRY_EVENT_NONE)
		two_drop(&t);
	finish();
}

/* Rejected, and nobody fetches what was sent: reading stops, and goes on. */
static void
rejected_unseen(void)
{
	struct fdferry_channel_opts o = chan_opts();
	int i, sent = 0, back = 0;

	o.most_bytes = 1;
	begin(NULL, &o);
	work();
	t.a->peer.bytes = 100;
	for (i = 0; i < FDFERRY__EVENTS_MOST; i++)
		(void)fdferry_channel_send(t.a, "xy", 2, NULL, 0, 0, NULL);
	wires[1].fail_all = EAGAIN;
	for (i = 0; i < 10; i++)
		work();
	wires[1].fail_all = 0;
	wire_ms += 100;
	for (i = 0; i < 10; i++)
		work();
	is(0, (long)(fdferry_channel_wants(t.a, NULL) & FDFERRY_WANT_READ),
	    "as many events as are kept: reading stops");
	while (event(t.a) != FDFERRY_EVENT_NONE) {
		sent += t.ev.type == FDFERRY_EVENT_SENT;
		back += t.ev.type == FDFERRY_EVENT_REJECTED;
	}
	is(FDFERRY__EVENTS_MOST, sent, "all were sent");
	is(FDFERRY__EVENTS_MOST, back, "and each is told to be rejected");
	finish();
}

/* Taken back twice while it is half sent: the first counts, it is told once. */
static void
cancel_twice(void)
{
	static const char data[20000];	/* two frames */
	unsigned long id;

	begin(NULL, NULL);
	work();
	wires[0].send_stop = wires[0].len + 40;
	(void)fdferry_channel_send(t.a, data, sizeof data, NULL, 0, 0, &id);
	(void)fdferry_channel_work(t.a);
	wires[0].fail_all = EAGAIN;
	is(0, fdferry_channel_cancel(t.a, id), "half sent, and cancelled");
	is(0, fdferry_channel_cancel(t.a, id), "and again");
	is(0, fdferry_channel_next(t.a, &t.ev), "nothing is told yet");
	wires[0].fail_all = 0;
	wire_ms += 100;
	is(FDFERRY_EVENT_FAILED, event(t.a), "then it has failed");
	is(ECANCELED, t.ev.error, "why");
	is(ABORT, last_type(0), "its receiver is told");
	is(FDFERRY_EVENT_NONE, event(t.a), "once");
	is(FDFERRY_EVENT_NONE, event(t.b), "and gets nothing of it");
	finish();
}

/* The id of an offer is even, and never looks like "all" in 32 bits. */
static void
ids(void)
{
	unsigned long id;

	begin(NULL, NULL);
	work();
	t.a->next_id = 0xffffffff;
	(void)fdferry_channel_send(t.a, "x", 1, NULL, 0, 0, NULL);
	id = offer(10000);
	is(2, (long)(id & 0xffffffff), "an offer behind 32 bits");
	is(FDFERRY_EVENT_MESSAGE, event(t.b), "the message before it");
	is(FDFERRY_EVENT_OFFER, event(t.b), "and it");
	ok(t.ev.id == id, "have their ids");
	finish();
}

/* What is 0 is a descriptor too. */
static void
zero(void)
{
	int kept = dup(0);

	begin(NULL, NULL);
	work();
	(void)close(0);
	(void)fdferry_channel_send(t.a, "x", 1, &file, 1, 0, NULL);
	is(FDFERRY_EVENT_MESSAGE, event(t.b), "a message with descriptor 0");
	ok(t.ev.nfds == 1 && t.ev.fds[0] == 0 && same_file(0, file),
	    "which comes as 0");
	(void)close(0);
	(void)fdferry_channel_send(t.a, "x", 1, &file, 1, 0, NULL);
	work();
	is(1, (long)counts(t.b).held, "another, which nobody fetches");
	fdferry_channel_free(t.b);
	t.b = NULL;
	ok(fcntl(0, F_GETFD) < 0, "is closed");
	(void)dup2(kept, 0);
	(void)close(kept);
	finish();
}

int
main(void)
{
	static const long full[] = { -1, 1, 2, 4, 8, 16, 16 };
	static const long poor[] = { 1, 2, 4, 8, 16, 16, 16 };
	int before;

	chan_need();
	plan(16 + 4 + 4 + 5 + 5 + 15 + 6 + 4 * 3
	    + 2 + 9 + 10 + 3 + 8 + 4 + 4 + 1);
	wire_reset();
	file = fresh_fd();
	before = all_fds();
	wants();
	many_reads();
	many_writes();
	stalled();
	one_held();
	dropped();
	rejections();
	pauses(EAGAIN, 0, full, "a full socket: pauses up to 16 ms");
	pauses(EAGAIN, 1, full, "the same in the middle of a frame");
	pauses(ENOBUFS, 0, poor, "no buffers: the first pause is at once");
	pauses(ENOMEM, 1, poor, "no memory in the middle of a frame");
	refs();
	answer_first();
	two_recalled();
	rejected_unseen();
	cancel_twice();
	ids();
	zero();
	is(before, all_fds(), "nothing leaks in all of it");
	return tap_bad;
}
