/* SPDX-License-Identifier: 0BSD */
/*
 * state.c - what the parts of front share and only compute: configurations in
 * use, lists of connections by age, time.
 */
#include "../../lib/detect.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "front.h"

struct front front;
struct outcomes outcomes;

/* ------------------------------------------------ time ------------------ */

struct timeval
interval(long ms)
{
	struct timeval t;

	t.tv_sec = ms / 1000;
	t.tv_usec = ms % 1000 * 1000;
	return t;
}

long
ms_between(const struct timespec *then, const struct timespec *now)
{
	/* Where long has 32 bits, 24 days are more than it holds. */
	if (now->tv_sec - then->tv_sec >= LONG_MAX / 1000 - 1)
		return LONG_MAX;
	return (long)(now->tv_sec - then->tv_sec) * 1000
	    + (now->tv_nsec - then->tv_nsec) / 1000000;
}

long
ms_since(const struct timespec *then)
{
	struct timespec now;

	(void)fdferry_deadline(&now, 0);
	return ms_between(then, &now);
}

/* ------------------------------------------------ configurations -------- */

void
rules_hold(struct rules *r)
{
	r->users++;
}

void
rules_drop(struct rules *r)
{
	if (--r->users > 0)
		return;
	config_free(&r->config);
	free(r);
}

/* ------------------------------------------------ lists by age ---------- */

static struct conns *
list_of(const struct connection *c)
{
	if (c->state == WAITING)
		return &front.waiting;
	return c->state == OFFERED ? &front.offered : &front.looking;
}

/* Insert behind all connections that are as old or older; mostly that is the
   end. */
void
conn_enlist(struct connection *c, enum conn_state state)
{
	struct conns *list;
	struct connection *at;

	c->state = state;
	list = list_of(c);
	at = list->last;
	while (at != NULL
	    && (at->since.tv_sec > c->since.tv_sec
		|| (at->since.tv_sec == c->since.tv_sec
		    && at->since.tv_nsec > c->since.tv_nsec)))
		at = at->prev;
	c->prev = at;
	c->next = at != NULL ? at->next : list->first;
	if (c->prev != NULL)
		c->prev->next = c;
	else
		list->first = c;
	if (c->next != NULL)
		c->next->prev = c;
	else
		list->last = c;
	list->n++;
}

void
conn_unlist(struct connection *c)
{
	struct conns *list = list_of(c);

	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		list->first = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	else
		list->last = c->prev;
	list->n--;
}

/* Each connection of a list may stay in it for `ms`, so one timer, for the
   oldest, does for all. `came` is new in the list, and may be the oldest: from
   another front, or back from a worker. */
void
conns_watch_oldest(struct conns *list, const struct connection *came,
    struct event *timer, long ms)
{
	struct timeval in;
	long left;

	if (list->first == NULL
	    || (list->first != came && event_pending(timer, EV_TIMEOUT, NULL)))
		return;
	left = ms - ms_since(&list->first->since);
	in = interval(left > 0 ? left : 0);
	(void)event_add(timer, &in);
}

long
conns_held(void)
{
	return front.looking.n + front.waiting.n + front.offered.n;
}

const struct sockaddr *
conn_local(const struct connection *c, socklen_t *len)
{
	if (c->local.sa.sa_family != AF_UNIX) {
		*len = c->locallen;
		return &c->local.sa;
	}
	*len = c->listener->at.len;
	return (const struct sockaddr *)&c->listener->at.ss;
}
