/* SPDX-License-Identifier: 0BSD */
/* channel-loop.h - a channel in the event loop. */
#ifndef PUMP_H
#define PUMP_H 1

#include "fdferry.h"

struct event_base;
struct pump;

/* Called for each event of the channel. It may use the channel, and may
   call pump_close(). */
typedef void pump_function(struct pump *, const struct fdferry_event *,
    void *arg);

/*
 * Make a channel of the connected socket `fd`, which becomes the pump's if
 * this succeeds; NULL: no memory. `after`, if not NULL, is called when a
 * round of events is over.
 */
struct pump *pump_open(struct event_base *base, int fd,
    const struct fdferry_channel_opts *opts, pump_function *on_event,
    void (*after)(void *arg), void *arg);
/* The same with a channel that exists, of the socket `fd`. */
struct pump *pump_adopt(struct event_base *base, int fd,
    struct fdferry_channel *channel, pump_function *on_event,
    void (*after)(void *arg), void *arg);
struct fdferry_channel *pump_channel(struct pump *);
/* Something was queued: do it when this round of the loop is over. */
void pump_kick(struct pump *);
/* Free the channel; at once, or after the callback that calls it. */
void pump_close(struct pump *);

/* Do now what the channel can do; events may come of it. Not from within
   one. */
void pump_work(struct pump *);

/*
 * Call `late` when `ms` have passed without pump_alive(); pump_limit() may be
 * called again, for another time. The time counts only while this process
 * runs, and what has come by its end is read first: after a SIGSTOP of ours
 * nobody else is late. 0, or -1: no memory.
 */
typedef void pump_late(struct pump *, void *arg);
int pump_limit(struct pump *, long ms, pump_late *late);
void pump_alive(struct pump *);

/* A message of text alone. 0, or -1 with errno. */
int pump_say(struct pump *, const char *text, size_t len);

#endif
