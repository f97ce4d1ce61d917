/* SPDX-License-Identifier: 0BSD */
/* fakepair.h - two channels over fakewire.h: made, turned, freed. */
#ifndef FAKEPAIR_H
#define FAKEPAIR_H 1

#include "fakewire.h"

#include "chan.h"
#include "tap.h"

static struct two t;

static inline void
begin(const struct fdferry_channel_opts *a,
    const struct fdferry_channel_opts *b)
{
	memset(&t, 0, sizeof t);
	t.ev.size = sizeof t.ev;
	t.sock[0] = t.sock[1] = -1;
	t.a = fdferry_channel_new(0, a);
	t.b = fdferry_channel_new(1, b);
	if (t.a == NULL || t.b == NULL)
		bail("no channel");
}

static inline void
finish(void)
{
	fdferry_channel_free(t.a);
	fdferry_channel_free(t.b);
	wire_reset();
}

/* Turn until `ch` has this event; time passes when nothing else helps. */
static inline int
await(struct fdferry_channel *ch, int type)
{
	int i;

	for (i = 0; i < 3000; i++) {
		if (fdferry_channel_next(ch, &t.ev) == 1)
			return t.ev.type == type;
		(void)fdferry_channel_work(t.a);
		(void)fdferry_channel_work(t.b);
		wire_ms++;
	}
	return 0;
}

#endif
