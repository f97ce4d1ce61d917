/* SPDX-License-Identifier: 0BSD */
/*
 * books.h - what a channel counts is what it has; and the fuzzer is told how
 * much it has. Included behind the sources of the library, which a target
 * compiles in.
 */
#ifndef FUZZ_BOOKS_H
#define FUZZ_BOOKS_H 1

#include "fuzz.h"
#include "guide.h"

/* What is counted: of the queue of descriptors in each state of reading, the
   entries; and in any state, these. */
#define BOOKS_STATES	64
enum books_kind {
	BOOKS_RECEIVES = BOOKS_STATES, BOOKS_LOSSES, BOOKS_NOTES, BOOKS_HELD,
	BOOKS_EVENTS, BOOKS_REJECTIONS, BOOKS_OFFERS, BOOKS_OFFERED, BOOKS_OUT,
	BOOKS_CONTROL, BOOKS_UNFETCHED, BOOKS_FDS_LEFT, BOOKS_ABORTED,
	BOOKS_KINDS
};

typedef char books_fit[BOOKS_KINDS <= GUIDE_KINDS ? 1 : -1];

/* Where the frame that is being read begins, and the wire's counts then. */
static struct {
	size_t at, receives, losses;
} books_frame[2];

static void
books_guide(const struct fdferry_channel *ch)
{
	const struct fdferry__reading *rx = &ch->rx;
	int sock = ch->sock;
	const struct wire *w = &wires[1 - sock];
	size_t left = rx->end - rx->start, at = w->taken - left;

	if (books_frame[sock].at != at || w->receives == 0) {
		books_frame[sock].at = at;
		books_frame[sock].receives = w->receives;
		books_frame[sock].losses = w->losses;
	}
	guide(BOOKS_RECEIVES, w->receives - books_frame[sock].receives);
	guide(BOOKS_LOSSES, w->losses - books_frame[sock].losses);
	guide((left >= FDFERRY__HEAD) | (left > 0) << 1 | (rx->inside != 0) << 2
	    | (rx->parcel != NULL) << 3 | (rx->stalled != 0) << 4
	    | (rx->lost != 0) << 5, rx->nfifo);
	guide(BOOKS_NOTES, rx->nfifo - rx->open);
	guide(BOOKS_HELD, ch->held);
	guide(BOOKS_EVENTS, ch->events.count);
	guide(BOOKS_REJECTIONS, ch->nrejections);
	guide(BOOKS_OFFERS, ch->offers.count);
	guide(BOOKS_OFFERED, ch->offered.count);
	guide(BOOKS_OUT, ch->out.count);
	guide(BOOKS_CONTROL, ch->control.count);
	guide(BOOKS_UNFETCHED, ch->unfetched_fds);
	guide(BOOKS_FDS_LEFT, rx->fds_left);
	guide(BOOKS_ABORTED, ch->naborted);
}

/* `events`: the most that may be queued. */
static void
books(const struct fdferry_channel *ch, size_t events)
{
	size_t i, open = 0;

	must(ch->rx.nfifo <= FDFERRY__FIFO && ch->rx.end <= FDFERRY__BUF);
	for (i = 0; i < ch->rx.nfifo; i++)
		open += ch->rx.fifo[i] >= 0;
	must(ch->rx.open == open && ch->rx.held <= open);
	must(ch->held <= ch->mine.held && ch->held == ch->budget->held
	    && ch->held <= ch->budget->most && ch->events.count <= events
	    && ch->nrejections <= FDFERRY__REJECTIONS);
	books_guide(ch);
}

/* Before a receive into `fds`: the queue has room for so many. */
static void
books_receive(const struct fdferry_channel *ch, const int *fds, size_t room,
    size_t events)
{
	books(ch, events);
	must(fds == ch->rx.fifo + ch->rx.nfifo
	    && room <= FDFERRY__FIFO - ch->rx.nfifo);
}

#endif
