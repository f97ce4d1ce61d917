/* SPDX-License-Identifier: 0BSD */
/* channel-loop.h - a channel in the event loop. */
#ifndef CHANNEL_LOOP_H
#define CHANNEL_LOOP_H 1

#include "fdferry.h"

struct event_base;
struct channel_loop;

/* Called for each event of the channel. It may use the channel, and may
   call loop_close(). */
typedef void
loop_function(struct channel_loop *, const struct fdferry_event *, void *arg);

/*
 * Make a channel of the connected socket `fd`, which becomes the loop's if
 * this succeeds; NULL: no memory. `after`, if not NULL, is called when a
 * round of events is over.
 */
struct channel_loop *loop_open(struct event_base *base, int fd,
    const struct fdferry_channel_opts *opts, loop_function *on_event,
    void (*after)(void *arg), void *arg);
/* The same with a channel that exists, of the socket `fd`. */
struct channel_loop *
loop_adopt(struct event_base *base, int fd, struct fdferry_channel *channel,
    loop_function *on_event, void (*after)(void *arg), void *arg);
struct fdferry_channel *loop_channel(struct channel_loop *);
/* Something was queued: do it when this round of the loop is over. */
void loop_kick(struct channel_loop *);
/* Free the channel: at once, or, called from its callback, when that
   returns. */
void loop_close(struct channel_loop *);

/* Do now what the channel can do; events may come of it. Not from within
   one. */
void loop_work(struct channel_loop *);

/*
 * Call `late` when `ms` have passed without loop_alive(); loop_limit() may be
 * called again, for another time. The time counts only while this process
 * runs, and what has come by its end is read first: after a SIGSTOP of ours
 * nobody else is late. 0, or -1: no memory.
 */
typedef void loop_late(struct channel_loop *, void *arg);
int loop_limit(struct channel_loop *, long ms, loop_late *late);
void loop_alive(struct channel_loop *);

/* A message of text alone. 0, or -1 with errno. */
int loop_say(struct channel_loop *, const char *text, size_t len);

#endif
