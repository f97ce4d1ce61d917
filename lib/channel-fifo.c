/* SPDX-License-Identifier: 0BSD */
/*
 * channel-fifo.c - the queue of descriptors that have come and whose header
 * has not been looked at, with notes of those that were lost.
 */
#include "channel.h"

#include <string.h>

/*
 * A note that descriptors are missing. There is room for it: rx_consume() lets
 * no more stay than one frame's descriptors and a note, and rx_allowed() keeps
 * one entry free.
 */
void
fdferry__fifo_note(struct fdferry_channel *ch, int entry)
{
	ch->rx.fifo[ch->rx.nfifo++] = entry;
}

/* `n` entries have just been received behind the others; all of them are
   descriptors unless some were refused. */
void
fdferry__fifo_grown(struct fdferry_channel *ch, size_t n, int refused)
{
	struct fdferry__reading *rx = &ch->rx;

	if (!refused) {
		rx->nfifo += n;
		rx->open += n;
		return;
	}
	for (; n > 0; n--)
		rx->open += rx->fifo[rx->nfifo++] >= 0;
}

/* Of the first `n` entries, how many are descriptors? */
size_t
fdferry__fifo_open(const struct fdferry_channel *ch, size_t n)
{
	const struct fdferry__reading *rx = &ch->rx;
	size_t i, open = 0;

	if (n > rx->nfifo)
		n = rx->nfifo;
	if (rx->open == rx->nfifo)
		return n;
	for (i = 0; i < n; i++)
		open += rx->fifo[i] >= 0;
	return open;
}

/*
 * Whole frames have taken their entries: those that stay are of one frame. If
 * some of its descriptors were lost, it will be rejected, so the first note
 * stands for all that came after it, however often a peer goes on sending.
 */
void
fdferry__fifo_merge(struct fdferry_channel *ch)
{
	struct fdferry__reading *rx = &ch->rx;
	size_t i, keep = 0;

	if (rx->open == rx->nfifo) /* no note among them */
		return;
	while (keep < rx->nfifo && rx->fifo[keep] > FDFERRY__LOST_TABLE)
		keep++;
	if (keep == rx->nfifo)
		return;
	for (i = ++keep; i < rx->nfifo; i++)
		if (rx->fifo[i] >= 0) {
			fdferry__channel_discard(ch, rx->fifo[i]);
			rx->open--;
		}
	rx->nfifo = keep;
	fdferry__held_count(ch);
}

/*
 * Are the `n` descriptors of a header here? 1; 0 if they never will be; a
 * negative entry if some of them were lost on the way to us.
 */
int
fdferry__fifo_has(const struct fdferry_channel *ch, size_t n)
{
	size_t i;

	if (ch->rx.open == ch->rx.nfifo)
		return n <= ch->rx.nfifo;
	for (i = 0; i < n && i < ch->rx.nfifo; i++)
		if (ch->rx.fifo[i] <= FDFERRY__LOST_TABLE)
			return ch->rx.fifo[i];
	return i == n;
}

static unsigned int
fifo_reason(int entry)
{
	switch (entry) {
	case FDFERRY__WITHHELD:
	case FDFERRY__LOST_POLICY: return FDFERRY_REASON_POLICY;
	case FDFERRY__LOST_TABLE: return FDFERRY_REASON_TABLE;
	case FDFERRY__LOST_BUSY: return FDFERRY_REASON_BUSY;
	default: return FDFERRY_REASON_LOST;
	}
}

/*
 * Take `n` into `to`, or close them if it is NULL. Returns a reason if not
 * all of them came; those that did are in to[0] to to[*got - 1].
 */
unsigned int
fdferry__fifo_take(struct fdferry_channel *ch, size_t n, int *to, size_t *got)
{
	struct fdferry__reading *rx = &ch->rx;
	unsigned int reason = FDFERRY_REASON_NONE;
	size_t i;

	*got = i = 0;
	/* As they are, if all have come and none is missing. */
	if (rx->open == rx->nfifo && n <= rx->nfifo && to != NULL) {
		memcpy(to, rx->fifo, n * sizeof *to);
		*got = i = n;
		rx->open -= n;
	}
	for (; i < n && i < rx->nfifo; i++) {
		rx->open -= rx->fifo[i] >= 0;
		if (rx->fifo[i] < 0)
			reason = fifo_reason(rx->fifo[i]);
		else if (to != NULL)
			to[(*got)++] = rx->fifo[i];
		else
			fdferry__channel_discard(ch, rx->fifo[i]);
		/* This one stands for all the rest of the frame's. */
		if (rx->fifo[i] <= FDFERRY__LOST_TABLE) {
			i++;
			break;
		}
	}
	rx->nfifo -= i;
	if (rx->nfifo == 0)
		return reason;
	memmove(rx->fifo, rx->fifo + i, rx->nfifo * sizeof *rx->fifo);
	return reason;
}
