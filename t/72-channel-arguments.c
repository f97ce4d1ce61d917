/* SPDX-License-Identifier: 0BSD */
/*
 * t/72-channel-arguments.c - what a channel is made with and called with:
 * limits at their ends, structures of every length, no channel at all, one of
 * another process; and a kernel that says what it should not.
 */
#include "fakechan.h"

#include <sys/wait.h>

/* What the peer is told of these options, or -1: none is made. */
static struct fdferry__limits mine;

static int
made(const struct fdferry_channel_opts *o)
{
	struct fdferry_channel *ch = fdferry_channel_new(0, o);

	if (ch == NULL)
		return -1;
	mine = ch->mine;
	fdferry_channel_free(ch);
	return 0;
}

static void
limits(void)
{
	struct fdferry_channel_opts o = chan_opts();

	is(0, made(NULL), "no options");
	ok(mine.bytes == 1048576 && mine.fds == 256 && mine.offers == 64
	    && mine.held == 1024, "are what the header says");
	is(0, made(&o), "options of nothing");
	ok(mine.bytes == 1048576 && mine.fds == 256 && mine.offers == 64
	    && mine.held == 1024, "are the same");
	o.most_bytes = o.most_fds = o.most_offers = FDFERRY_NONE;
	is(0, made(&o), "no data, no descriptors, no offers");
	ok(mine.bytes == 0 && mine.fds == 0 && mine.offers == 0
	    && mine.held == 1024, "none is taken");
	o.most_bytes = o.most_fds = o.most_offers = 1;
	o.most_held = 1;
	is(0, made(&o), "one of each");
	ok(mine.bytes == 1 && mine.fds == 1 && mine.offers == 1
	    && mine.held == 1, "is one of each");
	o.most_fds = 16777217;
	o.most_bytes = ~0ul - 1;
	is(0, made(&o), "more than there can be");
	ok(mine.fds == 16777216 && mine.bytes >= UINT32_MAX - 1
	    && mine.held == 16777216, "is the most there can be");
	o.most_fds = 1000;
	o.most_offers = 100;
	o.most_held = 0;
	is(0, made(&o), "descriptors and offers");
	is(1100, (long)mine.held, "both at a time");
	o.most_fds = 2;
	o.most_offers = ~0ul - 1;
	is(0, made(&o), "offers without end");
	is(1024, (long)mine.held, "their sum is not made");
}

static void
refused(void)
{
	struct {
		struct fdferry_channel_opts o;
		unsigned long later;
	} longer;
	struct fdferry_channel_opts o = chan_opts();
	struct {
		struct fdferry_channel_budget b;
		size_t later;
	} budget;

	memset(&longer, 0, sizeof longer);
	longer.o.size = sizeof longer;
	is(0, made(&longer.o), "longer options that ask for nothing unknown");
	longer.later = 1;
	fails_with(EINVAL, made(&longer.o), "that ask for something unknown");
	o.size = 1;
	fails_with(EINVAL, made(&o), "options without their size");
	o = chan_opts();
	o.doubt_ms = -1;
	fails_with(EINVAL, made(&o), "patience of less than nothing");
	o = chan_opts();
	o.inflight_ms = -1;
	fails_with(EINVAL, made(&o), "patience with the kernel, the same");
	o = chan_opts();
	memset(&budget, 0, sizeof budget);
	o.budget = &budget.b;
	budget.b.size = sizeof budget.b - 1;
	fails_with(EINVAL, made(&o), "a budget that is too short");
	budget.b.size = sizeof budget.b;
	is(0, made(&o), "one that is not");
	budget.b.size = sizeof budget;
	is(0, made(&o), "a longer one that asks for nothing unknown");
	budget.later = 1;
	fails_with(EINVAL, made(&o), "that asks for something unknown");
}

/* ---- calls ---- */

static void
calls(void)
{
	struct fdferry_channel_stats n;
	struct fdferry_event e;
	struct timespec when;
	long ms = 4711;

	e.size = sizeof e;
	n.size = sizeof n;
	fails_with(EINVAL, fdferry_channel_work(NULL), "no channel: work");
	fails_with(EINVAL, fdferry_channel_next(NULL, &e), "next");
	fails_with(EINVAL, fdferry_channel_wait(NULL, &e, NULL), "wait");
	fails_with(EINVAL, fdferry_channel_count(NULL, &n), "count");
	fails_with(EINVAL, fdferry_channel_cancel(NULL, 0), "cancel");
	fails_with(EINVAL, fdferry_channel_send(NULL, "x", 1, NULL, 0, 0,
	    NULL), "send");
	fails_with(EINVAL, fdferry_channel_handoff(NULL, "x", 1, file, 0, NULL,
	    NULL), "handoff");
	fails_with(EINVAL, fdferry_channel_look(NULL, 2), "look");
	fails_with(EINVAL, fdferry_channel_accept(NULL, 2), "accept");
	fails_with(EINVAL, fdferry_channel_refuse(NULL, 2, 0), "refuse");
	is(0, (long)fdferry_channel_wants(NULL, &ms), "wants");
	is(-1, ms, "and no time");
	begin(NULL, NULL);
	work();
	is(FDFERRY_NONBLOCK | FDFERRY_UNIX, (long)wire_flags,
	    "it never waits, and knows its socket");
	fails_with(ENOENT, fdferry_channel_look(t.a, 2), "no such offer: look");
	fails_with(ENOENT, fdferry_channel_accept(t.a, 2), "accept");
	fails_with(ENOENT, fdferry_channel_refuse(t.a, 2, 0), "refuse");
	fails_with(EINVAL, fdferry_channel_refuse(t.a, 2,
	    FDFERRY_REASON_OWN - 1), "a reason that is not the application's");
	fails_with(ENOENT, fdferry_channel_refuse(t.a, 2,
	    FDFERRY_REASON_BUSY), "busy is one");
	fails_with(ENOENT, fdferry_channel_refuse(t.a, 2,
	    FDFERRY_REASON_POLICY), "policy is one");
	fails_with(ENOENT, fdferry_channel_cancel(t.a, 99), "cancel");
	is(0, fdferry_channel_cancel(t.a, 0), "all of nothing");
	fails_with(EINVAL, fdferry_channel_next(t.a, NULL), "no event");
	fails_with(EINVAL, fdferry_channel_count(t.a, NULL), "no counts");
	e.size = n.size = sizeof e.size - 1;
	fails_with(EINVAL, fdferry_channel_next(t.a, &e), "a short event");
	fails_with(EINVAL, fdferry_channel_count(t.a, &n), "short counts");
	fails_with(EINVAL, fdferry_channel_wait(t.a, &e, NULL),
	    "a short event to wait for");
	fails_with(EMSGSIZE, fdferry_channel_handoff(t.a, &wires,
	    FDFERRY_HANDOFF_DATA + 1, file, 0, NULL, NULL),
	    "too much beside a hand-off");
	is(0, fdferry_channel_handoff(t.a, &wires, FDFERRY_HANDOFF_DATA, file,
	    0, NULL, NULL), "as much as there may be");
	is(FDFERRY_EVENT_OFFER, event(t.b), "is offered");
	is(FDFERRY_HANDOFF_DATA, (long)t.ev.len, "with all of it");
	when.tv_nsec = 0;
	when.tv_sec = (time_t)(~0ull >> (65 - 8 * sizeof when.tv_sec));
	is(0, fdferry_channel_handoff(t.a, "x", 1, file, 0, &when, NULL),
	    "a time that never comes");
	is(FDFERRY_EVENT_OFFER, event(t.b), "is no limit");
	/* Of 32 bits it does come, in 68 years. */
	ok(timeout_of(t.a) == -1 || sizeof when.tv_sec < 8,
	    "and not waited for");
	when.tv_sec = -1;
	is(0, fdferry_channel_handoff(t.a, "x", 1, file, 0, &when, NULL),
	    "a time before all time");
	is(FDFERRY_EVENT_HANDOFF, event(t.a), "is over");
	is(ETIMEDOUT, t.ev.error, "at once");
	fails_with(E2BIG, fdferry_channel_send(t.a, "x", 1, &file,
	    (size_t)UINT32_MAX, 0, NULL), "more descriptors than memory");
	finish();
}

/* An event of an older caller, and of a later one. */
static void
events(void)
{
	struct {
		struct fdferry_event e;
		unsigned long later;
	} longer;
	struct fdferry_event whole, some;
	const unsigned char *byte = (const unsigned char *)&some;
	size_t size, i, bad = 0;

	begin(NULL, NULL);
	work();
	for (size = sizeof size; size <= sizeof some; size += 4) {
		(void)fdferry_channel_send(t.b, "abc", 3, NULL, 0, 0, NULL);
		work();
		memset(&some, 0x5a, sizeof some);
		some.size = size;
		bad += fdferry_channel_next(t.a, &some) != 1
		    || some.size != size;
		if (size >= offsetof(struct fdferry_event, outcome))
			bad += some.type != FDFERRY_EVENT_MESSAGE;
		for (i = size; i < sizeof some; i++)
			bad += byte[i] != 0x5a;
	}
	is(0, (long)bad, "as much of an event as there is room for");
	while (event(t.b) != FDFERRY_EVENT_NONE)
		continue;
	(void)fdferry_channel_send(t.b, "abc", 3, NULL, 0, 0, NULL);
	work();
	memset(&longer, 0x5a, sizeof longer);
	longer.e.size = sizeof longer;
	is(1, fdferry_channel_next(t.a, &longer.e), "a longer event");
	ok(longer.e.size == sizeof longer && longer.e.len == 3
	    && memcmp(longer.e.data, "abc", 3) == 0
	    && longer.e.type == FDFERRY_EVENT_MESSAGE, "is filled");
	memset(&whole, 0x5a, sizeof whole);
	whole.size = sizeof whole;
	is(0, fdferry_channel_next(t.a, &whole), "no event");
	ok(whole.type == FDFERRY_EVENT_NONE && whole.data == NULL
	    && whole.fds == NULL && whole.nfds == 0 && whole.id == 0,
	    "says nothing");
	finish();
}

/* ---- another process ---- */

static int
in_child(struct fdferry_channel *ch)
{
	long ms;
	int status = -1;
	pid_t child = tap_fork();

	if (child == 0) {
		if (fdferry_channel_work(ch) != -1 || errno != ECHILD)
			_exit(1);
		errno = 0;
		if (fdferry_channel_next(ch, &t.ev) != -1 || errno != ECHILD)
			_exit(2);
		errno = 0;
		if (fdferry_channel_send(ch, "x", 1, NULL, 0, 0, NULL) != -1
		    || errno != ECHILD)
			_exit(3);
		if (fdferry_channel_wants(ch, &ms) != 0 || ms != -1)
			_exit(4);
		if (fdferry_channel_fd(ch) != -1)
			_exit(5);
		errno = EDOM;
		fdferry_channel_free(ch);
		_exit(errno == EDOM ? 0 : 6);
	}
	(void)waitpid(child, &status, 0);
	return status;
}

static void
children(void)
{
	begin(NULL, NULL);
	work();
	(void)fdferry_channel_send(t.b, "x", 1, &file, 1, 0, NULL);
	work();
	is(0, in_child(t.a), "a child may free it, and no more");
	is(FDFERRY_EVENT_MESSAGE, event(t.a), "and it is as before");
	two_drop(&t);
	finish();
}

/* free() keeps errno, also if BYE cannot be said. */
static void
freed(void)
{
	int error;

	begin(NULL, NULL);
	work();
	wires[0].deaf = 1;
	errno = EDOM;
	fdferry_channel_free(t.a);
	error = errno;
	t.a = NULL;
	is(EDOM, error, "free leaves errno alone");
	finish();
}

/* ---- what a kernel should not say ---- */

static void
failing(int error, int half, const char *name)
{
	begin(NULL, NULL);
	work();
	if (half) {
		(void)fdferry_channel_send(t.a, "x", 1, NULL, 0, 0, NULL);
		wires[0].send_stop = wires[0].len + 9;
		(void)fdferry_channel_work(t.a);
	} else {
		(void)offer(1000);
		(void)fdferry_channel_work(t.a);
		wire_ms += 1000;
	}
	wires[0].fail_all = error;
	(void)fdferry_channel_work(t.a);
	while (event(t.a) != FDFERRY_EVENT_NONE
	    && t.ev.type != FDFERRY_EVENT_END)
		continue;
	is(FDFERRY_EVENT_END, t.ev.type, name);
	is(error, t.ev.error, "and END says so");
	finish();
}

/* A receive that always fails. */
static void
deaf(int error, int times, int end, const char *name)
{
	begin(NULL, NULL);
	work();
	wires[1].recv_fail = error;
	wires[1].recv_fails = times;
	while (event(t.a) != FDFERRY_EVENT_NONE
	    && t.ev.type != FDFERRY_EVENT_END)
		continue;
	is(FDFERRY_EVENT_END, t.ev.type, name);
	is(end, t.ev.error, "and END says so");
	finish();
}

int
main(void)
{
	int before;

	chan_need();
	plan(14 + 9 + 37 + 5 + 2 + 1 + 2 * 2 + 4 * 2 + 1);
	wire_reset();
	file = fresh_fd();
	before = all_fds();
	limits();
	refused();
	calls();
	events();
	children();
	freed();
	failing(EIO, 0, "EIO for a frame that is no message");
	failing(EIO, 1, "EIO in the middle of a frame");
	deaf(EIO, 1, EIO, "EIO from receiving");
	deaf(ECONNRESET, 1, ECONNRESET, "a reset, and nothing behind it");
	deaf(ECONNRESET, 9, ECONNRESET, "a reset, again and again");
	deaf(ENOTCONN, 9, ECONNRESET, "no connection any more");
	is(before, all_fds(), "nothing leaks in all of it");
	return tap_bad;
}
