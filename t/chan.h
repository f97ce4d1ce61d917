/* SPDX-License-Identifier: 0BSD */
/* chan.h - two channels in one process, turned by hand. */
#ifndef CHAN_H
#define CHAN_H 1

#include "fdferry.h"

struct two {
	struct fdferry_channel *a, *b;
	int sock[2];
	struct fdferry_event ev;	/* the last one fetched */
};

/* A connected pair of the type, a channel on each end; opts may be NULL. */
int two_open(struct two *t, int type, const struct fdferry_channel_opts *a,
    const struct fdferry_channel_opts *b);
void two_close(struct two *t);

/* Options with `size` set. */
struct fdferry_channel_opts chan_opts(void);

/* Let both work until nothing moves. */
void two_turn(struct two *t);

/*
 * Turn until `ch` has an event, for two seconds at most; into t->ev.
 * Returns its type, or FDFERRY_EVENT_NONE.
 */
int two_event(struct two *t, struct fdferry_channel *ch);

/* No event at `ch`, after turning. */
int two_quiet(struct two *t, struct fdferry_channel *ch);

/* Close the descriptors of the last event. */
void two_drop(struct two *t);

/* Are both the same open file? */
int same_file(int a, int b);

/* One end of a new pipe; the other is closed. */
int fresh_fd(void);

/* Wait a moment. */
void nap(int ms);

/* Every open descriptor, also above 1024. */
int all_fds(void);

#endif
