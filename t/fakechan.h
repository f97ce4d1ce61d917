/* SPDX-License-Identifier: 0BSD */
/*
 * fakechan.h - two channels over fakewire.h, turned by hand: no time passes
 * but by the test.
 */
#ifndef FAKECHAN_H
#define FAKECHAN_H 1

#include "fakepair.h"

#include <stdio.h>

/* Every program uses some of these only. */
#define KIT static inline

static int file;	/* to be sent */

KIT void
work(void)
{
	int i;

	for (i = 0; i < 4; i++) {
		if (fdferry_channel_work(t.a) != 0
		    || (t.b != NULL && fdferry_channel_work(t.b) != 0))
			bail("work");
	}
}

/* The next event of `ch`, after some turns in which no time passes. */
KIT int
event(struct fdferry_channel *ch)
{
	if (fdferry_channel_next(ch, &t.ev) == 1)
		return t.ev.type;
	work();
	return fdferry_channel_next(ch, &t.ev) == 1 ? t.ev.type
	    : FDFERRY_EVENT_NONE;
}

KIT struct fdferry_channel_stats
counts(const struct fdferry_channel *ch)
{
	struct fdferry_channel_stats n;

	memset(&n, 0x55, sizeof n);
	n.size = sizeof n;
	if (fdferry_channel_count(ch, &n) != 0)
		bail("count");
	return n;
}

KIT long
timeout_of(const struct fdferry_channel *ch)
{
	long ms = 4711;

	(void)fdferry_channel_wants(ch, &ms);
	return ms;
}

/* An offer with so many milliseconds. */
KIT unsigned long
offer(long ms)
{
	struct timespec when;
	unsigned long id = 0;

	(void)fake_deadline(&when, ms);
	if (fdferry_channel_handoff(t.a, "m", 1, file, 0, &when, &id) < 0)
		bail("handoff");
	return id;
}

/* The type of the last frame that `from` has written. */
KIT int
last_type(int from)
{
	return wires[from].bytes[wires[from].len - 32 + 5];
}

#endif
