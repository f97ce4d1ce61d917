/* SPDX-License-Identifier: 0BSD */
/*
 * books.h - what a channel counts is what it has. Included behind the sources
 * of the library, which a target compiles in.
 */
#ifndef FUZZ_BOOKS_H
#define FUZZ_BOOKS_H 1

#include "fuzz.h"

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
}

#endif
