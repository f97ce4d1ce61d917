/* SPDX-License-Identifier: 0BSD */
/*
 * lists.c - the lists of connections: those that are looked at, those that
 * wait for a worker, those that are offered to one.
 *
 * Who waits is in the list of its rule, and is looked at when a worker of that
 * rule has room, or its time is over: who does not wait pays nothing for it.
 */
#include "../../lib/detect.h"

#include <string.h>

#include "seats.h"

static unsigned long long
age_key(const struct connection *c)
{
	return (unsigned long long)c->since.tv_sec * 1000000000u
	    + (unsigned long long)c->since.tv_nsec;
}

/* ------------------------------------------------ links ----------------- */

/* Behind `at`; NULL: first. */
static void
link_in(struct connection *c, struct connection *at, struct connection **first,
    struct connection **last)
{
	c->prev = at;
	c->next = at != NULL ? at->next : *first;
	if (c->prev != NULL)
		c->prev->next = c;
	else
		*first = c;
	if (c->next != NULL)
		c->next->prev = c;
	else
		*last = c;
}

static void
link_out(struct connection *c, struct connection **first,
    struct connection **last)
{
	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		*first = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	else
		*last = c->prev;
}

/* The last of those that are as old or older. Mostly `c` is younger than all,
   or, when it comes back from a worker, older. */
static struct connection *
last_older(const struct connection *c, struct connection *first,
    struct connection *last)
{
	const unsigned long long age = age_key(c);

	if (first == NULL || age < age_key(first))
		return NULL;
	while (age_key(last) > age)
		last = last->prev;
	return last;
}

/* ------------------------------------------------ those that wait ------- */

/* The oldest of this route is another. */
static void
oldest_changed(struct route *r)
{
	const struct route *all;

	if (r->first != NULL) {
		r->oldest.key = age_key(r->first);
		heap_put(&front.waits, &r->oldest);
	} else
		heap_take(&front.waits, &r->oldest);
	all = front.waits.n > 0
	    ? (const struct route *)(const void *)front.waits.items[0]
	    : NULL;
	front.waiting.first = all != NULL ? all->first : NULL;
}

static void
wait_in(struct connection *c)
{
	struct route *r = c->route;

	link_in(c, last_older(c, r->first, r->end), &r->first, &r->end);
	/* Those that are not watched are the youngest. */
	if (c->next == r->unwatched || r->unwatched == NULL)
		r->unwatched = c;
	front.waiting.n++;
	if (r->first == c)
		oldest_changed(r);
	if (r->first == r->end)
		route_ask(r);
}

static void
wait_out(struct connection *c)
{
	struct route *r = c->route;
	int first = r->first == c;

	if (r->unwatched == c)
		r->unwatched = c->next;
	link_out(c, &r->first, &r->end);
	front.waiting.n--;
	if (first)
		oldest_changed(r);
	if (r->first == NULL)
		route_ask(r);
}

void
conn_enlist(struct connection *c, enum conn_state state)
{
	struct conns *list = state == OFFERED ? &front.offered : &front.looking;

	c->state = state;
	if (state == WAITING) {
		wait_in(c);
		return;
	}
	/* What is offered has no order: nothing ends by its age there. */
	link_in(c,
	    state == OFFERED ? list->last
			     : last_older(c, list->first, list->last),
	    &list->first, &list->last);
	list->n++;
}

void
conn_unlist(struct connection *c)
{
	struct conns *list =
	    c->state == OFFERED ? &front.offered : &front.looking;

	if (c->state == WAITING) {
		wait_out(c);
		return;
	}
	link_out(c, &list->first, &list->last);
	list->n--;
}

/* ------------------------------------------------ their turn ------------ */

static int
is_first(const struct waitlist *list, const struct route *r)
{
	return list->first != NULL && list->first->route == r;
}

/* The oldest of the first route, which goes to the end: rules take turns. One
   that finds no place now waits for others than it did. */
static int
wake_one(struct waitlist *list, int (*place)(struct connection *))
{
	struct route *r = list->first->route;

	if (place(r->first)) {
		if (is_first(list, r))
			ticket_last(list->first);
		return 1;
	}
	route_ask(r);
	if (is_first(list, r))
		ticket_last(list->first);
	return 0;
}

/* As long as `l` has room, and somebody found a place since each of them was
   asked. */
static void
wake(struct waitlist *list, const struct worker_link *l,
    int (*place)(struct connection *))
{
	size_t left = list->n;

	while (list->n > 0 && left > 0 && worker_has_room(l))
		left = wake_one(list, place) ? list->n : left - 1;
}

void
waiting_wake(struct worker_link *l, int (*place)(struct connection *))
{
	struct seat *seat = l->seat;
	struct member *m;

	if (front.waiting.n == 0 || seat == NULL)
		return;
	rules_walk(1);
	if (l->wire->shared)
		wake(&front.shared, l, place);
	wake(&seat->waiting, l, place);
	for (m = seat->members; m != NULL; m = m->next)
		wake(&m->group->waiting, l, place);
	rules_walk(0);
}

void
waiting_wake_shared(int (*room)(void), int (*place)(struct connection *))
{
	struct waitlist *list = &front.shared;
	size_t left = list->n;

	rules_walk(1);
	while (list->n > 0 && left > 0 && room())
		left = wake_one(list, place) ? list->n : left - 1;
	rules_walk(0);
}

/* Those that wait change their order meanwhile. */
void
waiting_wake_all(int (*place)(struct connection *))
{
	struct route *r;
	size_t i, n = front.waits.n;

	if (n == 0)
		return;
	memcpy(front.woken.items, front.waits.items,
	    n * sizeof front.waits.items[0]);
	rules_walk(1);
	for (i = 0; i < n; i++) {
		r = (struct route *)(void *)front.woken.items[i];
		while (r->first != NULL && place(r->first))
			continue;
		if (r->first != NULL)
			route_ask_again(r);
	}
	rules_walk(0);
}

int
waiting_unwatched(long ms, void (*watch)(struct connection *))
{
	struct connection *c;
	struct route *r;
	size_t i;
	int more = 0;

	for (i = 0; i < front.waits.n; i++) {
		r = (struct route *)(void *)front.waits.items[i];
		while (
		    (c = r->unwatched) != NULL && ms_since(&c->since) >= ms) {
			r->unwatched = c->next;
			watch(c);
		}
		more |= r->unwatched != NULL;
	}
	return more;
}
