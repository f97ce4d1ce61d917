/* SPDX-License-Identifier: 0BSD */
/*
 * state.c - what the parts of front share and only compute: time, how long
 * connections may stay in a list, addresses.
 */
#include "../../lib/detect.h"

#include <limits.h>
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

void
worker_took(struct worker_link *l)
{
	l->retry_ms = RETRY_FIRST_MS;
	if (!l->aside)
		l->busy_ms = RETRY_FIRST_MS;
}

/* ------------------------------------------------ lists by age ---------- */

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

/* That of the connection, where it may be another than its listener's. */
const struct sockaddr *
conn_local(const struct connection *c, socklen_t *len)
{
	if (c->locallen > 0 && c->local.sa.sa_family != AF_UNIX) {
		*len = c->locallen;
		return &c->local.sa;
	}
	*len = c->listener->at.len;
	return (const struct sockaddr *)&c->listener->at.ss;
}
