/* SPDX-License-Identifier: 0BSD */
/*
 * t/78-channel-ends.c - how it ends: two time limits, patience, the peer gone
 * or not to be believed in the middle; and that what is not told is 0.
 */
#include "fakechan.h"

/* ---- time limits ---- */

static void
two_deadlines(void)
{
	unsigned long first, second;
	size_t len;

	begin(NULL, NULL);
	work();
	second = offer(900);
	first = offer(300);
	work();
	is(300, timeout_of(t.a), "two time limits: the nearer is told");
	wire_ms += 299;
	len = wires[0].len;
	(void)fdferry_channel_work(t.a);
	is((long)len, (long)wires[0].len, "nothing happens before it");
	is(1, timeout_of(t.a), "a millisecond before");
	wire_ms++;
	(void)fdferry_channel_work(t.a);
	is(CANCEL, last_type(0), "then that offer is called back");
	is(600, timeout_of(t.a), "and the farther one counts");
	is(FDFERRY_EVENT_HANDOFF, event(t.a), "its outcome");
	ok(t.ev.id == first && t.ev.error == ETIMEDOUT
	    && t.ev.outcome == FDFERRY_REFUSED_BACK && t.ev.nfds == 0,
	    "is that of the first: it is back");
	is(600, timeout_of(t.a), "the second has its time still");
	wire_ms += 600;
	is(FDFERRY_EVENT_HANDOFF, event(t.a), "and an end of its own");
	ok(t.ev.id == second && t.ev.error == ETIMEDOUT, "it is the second");
	finish();
}

/* It has not left when its time is over, or when it is called back. */
static void
queued(void)
{
	unsigned long id;

	begin(NULL, NULL);
	id = offer(30);
	wire_ms += 30;
	(void)fdferry_channel_work(t.a);
	is(1, fdferry_channel_next(t.a, &t.ev), "an offer that waits too long");
	ok(t.ev.type == FDFERRY_EVENT_HANDOFF && t.ev.id == id
	    && t.ev.outcome == FDFERRY_REFUSED_BACK, "is back");
	ok(t.ev.error == ETIMEDOUT && t.ev.reason == 0,
	    "for want of time, no other reason");
	id = offer(30);
	is(0, fdferry_channel_cancel(t.a, id), "one that is called back");
	is(1, fdferry_channel_next(t.a, &t.ev), "is so");
	ok(t.ev.outcome == FDFERRY_REFUSED_BACK && t.ev.error == ECANCELED
	    && t.ev.reason == 0, "for no other reason");
	finish();
}

/* A peer that never answers: IN_DOUBT comes when doubt_ms are over. */
static void
patience(void)
{
	struct fdferry_channel_opts o = chan_opts();

	o.doubt_ms = 70;
	begin(&o, NULL);
	work();
	(void)offer(30);
	(void)fdferry_channel_work(t.a);
	wire_ms += 30;
	(void)fdferry_channel_work(t.a);
	is(70, timeout_of(t.a), "called back: doubt_ms begin");
	wire_ms += 69;
	(void)fdferry_channel_work(t.a);
	is(0, fdferry_channel_next(t.a, &t.ev), "not before they are over");
	wire_ms++;
	(void)fdferry_channel_work(t.a);
	is(1, fdferry_channel_next(t.a, &t.ev), "then there is an outcome");
	is(FDFERRY_IN_DOUBT, t.ev.outcome, "in doubt");
	ok(t.ev.error == ETIMEDOUT && t.ev.reason == 0 && t.ev.nfds == 0,
	    "for want of time, no other reason");
	is(1, (long)counts(t.a).in_doubt, "counted");
	is(0, (long)counts(t.a).refused, "as nothing else");
	finish();
}

/* Half of an offer is with the kernel, which takes no more of it. */
static void
stuck(void)
{
	struct fdferry_channel_opts o = chan_opts();

	o.doubt_ms = 70;
	begin(&o, NULL);
	work();
	wires[0].send_stop = wires[0].len + 20;
	(void)offer(30);
	(void)fdferry_channel_work(t.a);
	wires[0].fail_all = EAGAIN;
	wire_ms += 30;
	(void)fdferry_channel_work(t.a);
	is(0, fdferry_channel_next(t.a, &t.ev), "half an offer: no outcome");
	wire_ms += 69;
	(void)fdferry_channel_work(t.a);
	is(0, fdferry_channel_next(t.a, &t.ev), "it has its doubt_ms");
	wire_ms++;
	(void)fdferry_channel_work(t.a);
	is(FDFERRY_EVENT_HANDOFF, event(t.a), "then it has one");
	ok(t.ev.outcome == FDFERRY_IN_DOUBT && t.ev.error == ETIMEDOUT
	    && t.ev.reason == 0 && t.ev.nfds == 0,
	    "in doubt, for want of time, no other reason");
	wires[0].fail_all = 0;
	wire_ms += 100;
	is(FDFERRY_EVENT_NONE, event(t.b), "completed, and called back at once");
	is(CANCEL, last_type(0), "nobody has seen it");
	is(FDFERRY_EVENT_NONE, event(t.a), "no second outcome");
	is(0, (long)counts(t.a).unanswered, "and it is forgotten");
	finish();
}

/* A wait with a deadline ends with the message, not with the deadline. */
static void
wait_ends(void)
{
	struct timespec when;
	const int64_t before = wire_ms;

	begin(NULL, NULL);
	work();
	(void)fdferry_channel_send(t.b, "x", 1, NULL, 0, 0, NULL);
	(void)fdferry_channel_work(t.b);
	(void)fake_deadline(&when, 100000);
	is(1, fdferry_channel_wait(t.a, &t.ev, &when),
	    "a wait ends when the message is there");
	is(FDFERRY_EVENT_MESSAGE, t.ev.type, "and this is it");
	ok(wire_ms == before, "no time has passed");
	(void)fake_deadline(&when, 0);
	fails_with(ETIMEDOUT, fdferry_channel_wait(t.a, &t.ev, &when),
	    "without one, with its time");
	when.tv_nsec = 1000000000;
	fails_with(EINVAL, fdferry_channel_wait(t.a, &t.ev, &when),
	    "a time that is none");
	when.tv_nsec = -1;
	fails_with(EINVAL, fdferry_channel_wait(t.a, &t.ev, &when),
	    "nor is this");
	finish();
}

/* ---- the end, in the middle ---- */

/* Some kernels say it before what is queued has been read, none for ever. */
static void
reset_again(void)
{
	begin(NULL, NULL);
	work();
	wires[1].recv_fail = ECONNRESET;
	wires[1].recv_fails = 1000;
	wire_calls = 0;
	(void)fdferry_channel_work(t.a);
	is(1, fdferry_channel_next(t.a, &t.ev), "a reset, again and again");
	ok(t.ev.type == FDFERRY_EVENT_END && t.ev.error == ECONNRESET,
	    "is the end");
	is(3, wire_calls, "when it has been said three times");
	finish();
}

/* Written to, the peer is gone: what it did not accept is back. */
static void
epipe_then_gone(void)
{
	unsigned long id, late;

	begin(NULL, NULL);
	work();
	id = offer(100000);
	(void)fdferry_channel_work(t.a);
	wires[0].deaf = wires[1].closed = 1;
	late = offer(100000);
	(void)fdferry_channel_work(t.a);
	is(1, fdferry_channel_next(t.a, &t.ev), "EPIPE: an outcome");
	ok(t.ev.id == late && t.ev.outcome == FDFERRY_GONE
	    && t.ev.error == EPIPE && t.ev.reason == 0,
	    "the offer that could not be written: GONE");
	is(1, fdferry_channel_next(t.a, &t.ev), "and another");
	ok(t.ev.id == id && t.ev.outcome == FDFERRY_GONE
	    && t.ev.error == EPIPE, "the one without an answer: GONE");
	is(1, fdferry_channel_next(t.a, &t.ev), "and the end");
	ok(t.ev.type == FDFERRY_EVENT_END && t.ev.error == ECONNRESET,
	    "END is the last");
	is(0, fdferry_channel_next(t.a, &t.ev), "nothing after it");
	is(2, (long)counts(t.a).gone, "two are counted as gone");
	is(0, (long)fdferry_channel_wants(t.a, NULL), "nothing is wanted");
	fails_with(EPIPE, fdferry_channel_send(t.a, "x", 1, NULL, 0, 0, NULL),
	    "nothing can be sent");
	finish();
}

/* A peer that breaks the protocol, while a frame is half here or half sent. */
static void
breach(int half_sent, const char *name)
{
	unsigned char frame[64];

	begin(NULL, NULL);
	work();
	if (half_sent)
		wires[0].send_stop = wires[0].len + 20;
	(void)offer(100000);
	(void)fdferry_channel_work(t.a);
	if (half_sent)
		wires[0].fail_all = EAGAIN;
	/* A MESSAGE of which a byte is missing, then no frame at all. */
	raw_head(frame, MESSAGE, 1, 3, 0, 3, 0);
	memset(frame + 32, 0, 32);
	memcpy(wires[1].bytes + wires[1].len, frame, 34);
	wires[1].len += 34;
	(void)fdferry_channel_work(t.a);
	is(0, fdferry_channel_next(t.a, &t.ev), "half a frame: it has time");
	memset(wires[1].bytes + wires[1].len, 0xee, 33);
	wires[1].len += 33;
	(void)fdferry_channel_work(t.a);
	is(FDFERRY_EVENT_MESSAGE, event(t.a), "what was whole comes");
	is(FDFERRY_EVENT_HANDOFF, event(t.a), "then the offer's outcome");
	is(half_sent ? FDFERRY_GONE : FDFERRY_IN_DOUBT, t.ev.outcome, name);
	is(EPROTO, t.ev.error, "why");
	is(FDFERRY_EVENT_END, event(t.a), "then the end");
	is(EPROTO, t.ev.error, "which says the same");
	finish();
}

/* A header that declares descriptors which did not come. */
static void
undeclared(unsigned long nfds, int came, const char *name)
{
	const int complete = (int)nfds <= came;

	begin(NULL, NULL);
	work();
	raw_head(wires[1].bytes + wires[1].len, MESSAGE, 1, 0, nfds, 0, nfds);
	for (; came > 0; came--) {
		wires[1].fds[wires[1].nfds].at = wires[1].len;
		wires[1].fds[wires[1].nfds].end = wires[1].len + 32;
		wires[1].fds[wires[1].nfds++].fd = dup(file);
	}
	wires[1].len += 32;
	wires[1].withheld = 1;
	work();
	/* A message that has all is whole, and what came with it is too much. */
	if (nfds < 2 && complete) {
		is(FDFERRY_EVENT_MESSAGE, event(t.a), "what is whole comes");
		two_drop(&t);
	}
	is(FDFERRY_EVENT_END, event(t.a), name);
	is(EPROTO, t.ev.error, "a breach");
	finish();
}

/* An answer without a reason is none of an error. */
static void
no_reason(void)
{
	unsigned long id;

	begin(NULL, NULL);
	work();
	id = offer(100000);
	is(FDFERRY_EVENT_OFFER, event(t.b), "an offer");
	is(0, t.ev.error, "OFFER: no error");
	is(0, (long)t.ev.reason, "OFFER: no reason");
	is(0, fdferry_channel_refuse(t.b, t.ev.id, FDFERRY_REASON_NONE),
	    "refused, and no reason is said");
	is(FDFERRY_EVENT_HANDOFF, event(t.a), "the outcome");
	ok(t.ev.id == id && t.ev.outcome == FDFERRY_REFUSED_BACK
	    && t.ev.error == 0 && t.ev.reason == 0, "no error, no reason");
	(void)offer(100000);
	is(FDFERRY_EVENT_OFFER, event(t.b), "another");
	is(0, fdferry_channel_refuse(t.b, t.ev.id, FDFERRY_REASON_OWN),
	    "refused with a reason of one's own");
	is(FDFERRY_EVENT_HANDOFF, event(t.a), "its outcome");
	ok(t.ev.error == 0 && t.ev.reason == FDFERRY_REASON_OWN,
	    "the reason, and no error");
	(void)offer(100000);
	is(FDFERRY_EVENT_OFFER, event(t.b), "a third");
	is(0, fdferry_channel_accept(t.b, t.ev.id), "accepted");
	is(FDFERRY_EVENT_TAKEN, event(t.b), "taken");
	ok(t.ev.error == 0 && t.ev.reason == 0 && t.ev.nfds == 1,
	    "TAKEN: no error, no reason, the descriptor");
	two_drop(&t);
	is(FDFERRY_EVENT_HANDOFF, event(t.a), "the sender knows");
	ok(t.ev.outcome == FDFERRY_ACCEPTED && t.ev.error == 0
	    && t.ev.reason == 0, "accepted: no error, no reason");
	finish();
}

int
main(void)
{
	int before;

	chan_need();
	plan(10 + 6 + 7 + 8 + 6 + 3 + 11 + 2 * 7 + (2 + 2 + 3 + 3) + 15
	    + 1);
	wire_reset();
	file = fresh_fd();
	before = all_fds();
	two_deadlines();
	queued();
	patience();
	stuck();
	wait_ends();
	reset_again();
	epipe_then_gone();
	breach(0, "waiting, and a breach in mid-frame: IN_DOUBT");
	breach(1, "half sent, and a breach: the peer cannot have it");
	undeclared(1, 0, "a descriptor is declared, none came");
	undeclared(2, 1, "two are declared, one came");
	undeclared(0, 1, "none is declared, one came");
	undeclared(1, 2, "one is declared, two came, one of them kept back");
	no_reason();
	is(before, all_fds(), "nothing leaks in all of it");
	return tap_bad;
}
