/* SPDX-License-Identifier: 0BSD */
/*
 * place.c - where a connection goes once rules have decided: to a worker, to
 * those that wait for one, or away.
 */
#include "../../lib/detect.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "seats.h"

/* Who waits for longer is watched, in case it goes; or, where the loop has no
   edge triggers, looked at when its turn comes. */
#define WATCH_MS 250

static struct event *watching; /* for those who are not watched yet */
static struct event *changed;  /* who waits may have others to wait for */

/* ------------------------------------------------ the end of one -------- */

/*
 * Our registration first: it belongs to the description, which lives on in
 * the worker, and would go on reporting events for a number we have reused.
 */
static void
conn_end(struct connection *c)
{
	conn_unlist(c);
	if (c->event != NULL)
		event_free(c->event);
	if (front.per_source > 0)
		per_source_remove(&c->peer.sa);
	(void)close(c->fd);
	listener_drop(c->listener);
	rules_drop(c->rules);
	free(c->recognised);
	free(c);
	accept_again();
}

void
conn_drop(struct connection *c, enum count how,
    const struct recognised *recognised)
{
	conn_log(c, how, NULL, recognised);
	conn_end(c);
}

/* ------------------------------------------------ passing --------------- */

/* The connection is not passed yet: keep what was recognised for its line in
   the log. */
static void
remember(struct connection *c, const struct recognised *recognised)
{
	if (c->recognised != NULL
	    || (recognised->what == RECOGNISED_NOTHING
		&& recognised->undecided == NULL && recognised->clientlen == 0))
		return;
	c->recognised =
	    malloc(sizeof *c->recognised); /* NULL: not in the log then */
	if (c->recognised != NULL)
		*c->recognised = *recognised;
}

static void
unwatch(struct connection *c)
{
	if (c->event != NULL)
		event_free(c->event);
	c->event = NULL;
}

/*
 * The rule's workers in order. If all of them are gone, the default's; if
 * one is only busy, it will take the connection soon, and --overflow says
 * what to do until then. `refuse` takes all that comes to it. Returns whether
 * `c` is no longer ours to place.
 */
static int
try_to_pass(struct connection *c, const struct recognised *recognised)
{
	struct worker_link *to = NULL;
	enum passed passed = PASS_NO;
	const struct route *others;
	int busy = 0, refused = c->rule != NULL && c->rule->refuse;

	to = route_pass(c->route, c, recognised, &passed, &busy);
	if (to == NULL && c->rule == NULL)
		refused = c->rules->config.default_refuse;
	else if (to == NULL && !refused
	    && (!busy || front.overflow == OVERFLOW_DEFAULT)) {
		others = route_default(c->rules);
		if (others != NULL)
			to = route_pass(others, c, recognised, &passed, &busy);
		refused = c->rules->config.default_refuse;
	}
	if (to == NULL && refused) {
		conn_drop(c, COUNT_RULE, recognised);
		return 1;
	}
	if (to == NULL && busy && front.overflow == OVERFLOW_REFUSE) {
		conn_drop(c, COUNT_QUEUE, recognised);
		return 1;
	}
	if (to == NULL)
		return 0;
	if (passed == PASS_DONE) {
		conn_log(c, to->wire->done, to, recognised);
		conn_end(c);
		return 1;
	}
	if (recognised != NULL)
		remember(c, recognised);
	conn_unlist(c);
	unwatch(c);
	conn_enlist(c, OFFERED);
	return 1;
}

/* Bytes, or the end. */
static void
on_client(evutil_socket_t fd, short what, void *arg)
{
	struct connection *c = arg;

	(void)what;
	if (conn_gone((int)fd))
		conn_drop(c, COUNT_GONE, c->recognised);
}

static void
watch(struct connection *c)
{
	if (c->event != NULL)
		return;
	c->event = event_new(front.base, c->fd, EV_READ | EV_ET | EV_PERSIST,
	    on_client, c);
	if (c->event != NULL && event_add(c->event, NULL) < 0)
		unwatch(c);
}

static void
wait_for_worker(struct connection *c)
{
	const struct timeval in = interval(WATCH_MS);

	if (front.waiting.n >= front.most_queued) {
		conn_drop(c, COUNT_QUEUE, c->recognised);
		return;
	}
	conn_unlist(c);
	if (c->route->staying != NULL)
		c->route = route_home(c->route, c, c->recognised);
	conn_enlist(c, WAITING);
	/* One that is back stands before others, which are watched already. */
	if (front.edges && c->next != NULL)
		watch(c);
	conns_watch_oldest(&front.waiting, c, front.end_wait, front.wait_ms);
	if (front.edges && !event_pending(watching, EV_TIMEOUT, NULL))
		(void)event_add(watching, &in);
}

void
conn_decided(struct connection *c, const struct rule *rule,
    const struct recognised *recognised)
{
	struct timespec now;

	c->rule = rule;
	c->decided = 1;
	c->route = route_of(c);
	unwatch(c);
	if (c->looked) {
		/* The time limit of --wait begins with the decision, and is
		   not moved when the connection comes back from a worker. */
		(void)fdferry_deadline(&now, 0);
		c->looked_ms = (unsigned long long)ms_since(&c->since);
		c->since = now;
	}
	if (c->route != NULL && c->route->staying != NULL)
		c->route = route_home(c->route, c, recognised);
	if (c->route == NULL) { /* no memory */
		conn_drop(c, COUNT_QUEUE, recognised);
		return;
	}
	/* Not before others of its rule: they have asked already. */
	if ((c->route->first == NULL || front.overflow == OVERFLOW_REFUSE)
	    && try_to_pass(c, recognised))
		return;
	remember(c, recognised);
	wait_for_worker(c);
}

static void
conn_taken(struct connection *c)
{
	conn_log(c, COUNT_ACKNOWLEDGED, c->link, c->recognised);
	conn_end(c);
}

/* A worker gave the connection back: try the next worker, or wait; the end of
   the wait is not moved. */
void
conn_back(struct connection *c)
{
	if (!try_to_pass(c, c->recognised))
		wait_for_worker(c);
}

void
conn_doubt(struct connection *c)
{
	conn_log(c, COUNT_DOUBT, c->link, c->recognised);
	conn_end(c);
}

void
conn_offered(struct connection *c)
{
	/* it may name a worker that refused the connection */
	c->link = NULL;
	conn_unlist(c);
	unwatch(c);
	conn_enlist(c, OFFERED);
}

void
conn_moved(struct connection *c)
{
	conn_log(c, COUNT_MOVED, NULL, c->recognised);
	conn_end(c);
}

/* ------------------------------------------------ waiting --------------- */

/* Its turn has come. */
static int
place_waiting(struct connection *c)
{
	if (c->event == NULL && ms_since(&c->since) >= WATCH_MS
	    && conn_gone(c->fd)) {
		conn_drop(c, COUNT_GONE, c->recognised);
		return 1;
	}
	return try_to_pass(c, c->recognised);
}

static void
pass_waiting(struct worker_link *l)
{
	waiting_wake(l, place_waiting);
}

static void
pass_shared(int (*room)(void))
{
	waiting_wake_shared(room, place_waiting);
}

static void
on_changed(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	waiting_wake_all(place_waiting);
}

static void
all_changed(void)
{
	event_active(changed, EV_TIMEOUT, 1);
}

static void
on_watching(evutil_socket_t fd, short what, void *arg)
{
	const struct timeval in = interval(WATCH_MS);

	(void)fd;
	(void)what;
	(void)arg;
	if (waiting_unwatched(WATCH_MS, watch))
		(void)event_add(watching, &in);
}

static void
on_end_wait(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	while (front.waiting.first != NULL
	    && ms_since(&front.waiting.first->since) >= front.wait_ms)
		conn_drop(front.waiting.first, COUNT_WAIT,
		    front.waiting.first->recognised);
	conns_watch_oldest(&front.waiting, NULL, front.end_wait, front.wait_ms);
}

void
conns_refuse_all(void)
{
	while (front.waiting.first != NULL)
		conn_drop(front.waiting.first, COUNT_END,
		    front.waiting.first->recognised);
	while (front.looking.first != NULL)
		conn_drop(front.looking.first, COUNT_END, NULL);
}

void
place_init(void)
{
	outcomes.taken = conn_taken;
	outcomes.back = conn_back;
	outcomes.doubt = conn_doubt;
	outcomes.room = pass_waiting;
	outcomes.shared_room = pass_shared;
	outcomes.changed = all_changed;
	front.end_wait = evtimer_new(front.base, on_end_wait, NULL);
	watching = evtimer_new(front.base, on_watching, NULL);
	changed = evtimer_new(front.base, on_changed, NULL);
	if (front.end_wait == NULL || watching == NULL || changed == NULL)
		die(1, "out of memory");
}
