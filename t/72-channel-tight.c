/* SPDX-License-Identifier: 0BSD */
/*
 * t/72-channel-tight.c - hardly more may be held than one message has: what
 * an honest peer sends arrives all the same, however reads stop, and what does
 * not arrive is told. Numbers that grow with time stay small.
 */
#include "fakepair.h"

#include <stdio.h>

#include "../lib/wait.c"

#define MANY 578		/* three frames */

static int many[MANY];
static unsigned char blob[40000];
static char text[200];

/* The next event at the receiver is this message, and nobody held more. */
static int
arrives(size_t len, size_t nfds, size_t most)
{
	int good = await(t.b, FDFERRY_EVENT_MESSAGE) && t.ev.len == len
	    && memcmp(t.ev.data, blob, len) == 0 && t.ev.nfds == nfds;

	two_drop(&t);
	return good && t.b->held <= most;
}

/*
 * The bytes of a message end in the same receive in which the descriptors of
 * the next one come: they have to wait until the first one is fetched.
 */
static void
one_after_the_other(enum glue glue, size_t bytes)
{
	struct fdferry_channel_opts o = chan_opts();
	int i, good = 1, before = all_fds();

	o.most_fds = o.most_held = 4;
	o.most_offers = FDFERRY_NONE;
	begin(NULL, &o);
	(void)await(t.b, FDFERRY_EVENT_NONE);
	wire_glue = glue;
	wires[0].recv_most = bytes;
	for (i = 0; i < 3; i++)
		(void)fdferry_channel_send(t.a, blob, sizeof blob, many, 4, 0,
		    NULL);
	for (i = 0; i < 3; i++)
		good &= arrives(sizeof blob, 4, 4);
	finish();
	(void)snprintf(text, sizeof text, "as many as may be held, thrice; "
	    "glue %d, %lu bytes at a time", (int)glue, (unsigned long)bytes);
	ok(good && all_fds() == before, text);
}

/* Two frames' descriptors come before the first frame is complete. */
static void
ahead_of_its_frame(enum glue glue, size_t bytes)
{
	struct fdferry_channel_opts o = chan_opts();
	int good, before = all_fds();

	o.most_fds = o.most_held = MANY;
	o.most_offers = FDFERRY_NONE;
	begin(NULL, &o);
	(void)await(t.b, FDFERRY_EVENT_NONE);
	wire_glue = glue;
	wires[0].recv_most = bytes;
	(void)fdferry_channel_send(t.a, blob, 30000, many, MANY, 0, NULL);
	(void)fdferry_channel_send(t.a, blob, 1, many, MANY, 0, NULL);
	good = arrives(30000, MANY, MANY) && arrives(1, MANY, MANY);
	finish();
	(void)snprintf(text, sizeof text, "one message of as many as may be "
	    "held; glue %d, %lu bytes at a time", (int)glue,
	    (unsigned long)bytes);
	ok(good && all_fds() == before, text);
}

/* The kernel gives -1 for some, and there is no room for entries of them. */
static void
withheld(void)
{
	struct fdferry_channel_opts o = chan_opts();
	int good, before = all_fds();

	o.most_fds = o.most_held = 1;
	o.most_offers = 2;
	begin(NULL, &o);
	(void)fdferry_channel_send(t.a, "x", 1, many, 1, 0, NULL);
	(void)await(t.b, FDFERRY_EVENT_MESSAGE);
	two_drop(&t);
	/* Whoever sends more than that is no friend; but it is told. */
	t.a->peer.fds = 3;
	wires[0].withheld = 1;
	(void)fdferry_channel_send(t.a, blob, 1, many, 3, 0, NULL);
	good = await(t.b, FDFERRY_EVENT_DROPPED)
	    && t.ev.reason == FDFERRY_REASON_FDS;
	wires[0].withheld = SIZE_MAX;
	(void)fdferry_channel_send(t.a, blob, 7, many, 1, 0, NULL);
	good = good && arrives(7, 1, 1);
	finish();
	ok(good && all_fds() == before, "withheld beyond the room: rejected");
}

/* Cancelled, then rejected; but its last frame is half-sent and goes on. */
static void
rejected_in_spite(void)
{
	unsigned long id;
	int before = all_fds();

	begin(NULL, NULL);
	(void)await(t.b, FDFERRY_EVENT_NONE);
	(void)fdferry_channel_send(t.a, blob, 20000, many, 1, 0, &id);
	wires[0].lose = 1;
	wires[0].lose_error = EMFILE;
	wires[0].send_stop = wires[0].len + 16384 + 100;
	(void)fdferry_channel_work(t.a);
	(void)fdferry_channel_work(t.b);
	ok(fdferry_channel_cancel(t.a, id) == 0
	    && await(t.a, FDFERRY_EVENT_REJECTED) && t.ev.id == id
	    && t.ev.error == EMFILE,
	    "too late to cancel, and rejected: that is told");
	ok(!await(t.a, FDFERRY_EVENT_SENT), "and not called sent");
	finish();
	ok(all_fds() == before, "rejected in spite of it: nothing leaks");
}

/* As many pauses as the years of a silent peer have. */
static void
years(void)
{
	struct fdferry__wait wait;
	int i, ends[2];

	begin(NULL, NULL);
	(void)await(t.b, FDFERRY_EVENT_NONE);
	t.a->rounds = INT_MAX;
	wires[0].fail_all = EAGAIN;
	(void)fdferry_channel_send(t.a, blob, 1, many, 1, 0, NULL);
	(void)fdferry_channel_work(t.a);
	ok(t.a->rounds > 4, "pauses are counted as far as they matter");
	wires[0].fail_all = 0;
	for (i = 0; i < 2; i++) {
		wire_ms += 100;
		wires[0].fail = ETOOMANYREFS;
		wires[0].fail_times = 1;
		(void)fdferry_channel_work(t.a);
		if (i == 0)
			t.a->refs_rounds = INT_MAX;
	}
	ok(t.a->refs_rounds > 5, "so are those for descriptors in flight");
	finish();
	wait.deadline = NULL;
	wait.rounds = INT_MAX;
	ok(pipe(ends) == 0 && fdferry__wait(ends[1], 1, &wait) == 0
	    && wait.rounds > 4, "and those of a message");
	(void)close(ends[0]);
	(void)close(ends[1]);
}

/* A deadline that is no time. */
static void
no_time(long nanoseconds)
{
	struct timespec when;

	begin(NULL, NULL);
	when.tv_sec = 1;
	when.tv_nsec = nanoseconds;
	ok(fdferry_channel_wait(t.a, &t.ev, &when) == -1 && errno == EINVAL,
	    nanoseconds < 0 ? "wait: negative nanoseconds"
	    : "wait: more than a second of nanoseconds");
	finish();
}

int
main(void)
{
	static const size_t bytes[] = { 0, 1000, 10000, 17000 };
	size_t i, k;
	int before;

	chan_need();
	plan(27);
	before = all_fds();
	tap_alarm(240);	/* an emulator is slow with so many */
	for (i = 0; i < MANY; i++)
		many[i] = i == 0 ? fresh_fd() : many[0];
	for (i = 0; i < sizeof blob; i++)
		blob[i] = (unsigned char)(i * 7 + i / 256);
	wire_reset();
	for (k = 0; k < 2; k++)
		for (i = 0; i < 4; i++) {
			one_after_the_other(k ? GLUE_BSD : GLUE_LINUX,
			    bytes[i]);
			ahead_of_its_frame(k ? GLUE_BSD : GLUE_LINUX,
			    bytes[i]);
		}
	withheld();
	rejected_in_spite();
	years();
	no_time(-1);
	no_time(1000000000);
	no_time(LONG_MAX);
	(void)close(many[0]);
	ok(all_fds() == before, "nothing leaks in all of it");
	return tap_bad;
}
