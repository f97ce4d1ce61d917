/* SPDX-License-Identifier: 0BSD */
/*
 * channel-end.c - the end of a connection: what was read is given up, what
 * was to be sent comes back, and the END event is queued.
 */
#include "channel.h"

void
fdferry__channel_forget(struct fdferry_channel *ch)
{
	struct fdferry__reading *rx = &ch->rx;
	size_t i;

	for (i = 0; i < rx->nfifo; i++)
		if (rx->fifo[i] >= 0)
			fdferry__channel_discard(ch, rx->fifo[i]);
	rx->nfifo = rx->open = 0;
	rx->start = rx->end = 0;
	rx->inside = rx->stalled = 0;
	if (rx->parcel != NULL)
		fdferry__parcel_put(ch, rx->parcel);
	rx->parcel = NULL;
	fdferry__held_count(ch);
}

/* For an end of the peer: the receive queue has been drained. */
void
fdferry__channel_end(struct fdferry_channel *ch, int error, int broken)
{
	if (ch->over)
		return;
	ch->over = 1;
	ch->write_dead = 1;
	ch->more = 0;
	fdferry__channel_forget(ch);
	fdferry__out_end(ch, broken ? error : EPIPE);
	fdferry__handoff_end(ch, error, broken);
	ch->nrejections = 0;
	ch->tx.type = 0;
	ch->end.id = 0;
	fdferry__event(ch, &ch->end, FDFERRY_EVENT_END, error, 0);
}
